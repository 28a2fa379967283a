// Package keyvault stands in for Azure Key Vault's secrets data plane: an http.Handler with its twelve operations, shapes,
// error codes, soft delete, paging, backup and sign-in, its events, and with faults to order.
//
// It is for tests and local runs, over TLS on a loopback address. It is no safe for real secrets: what it keeps, it keeps
// in the clear. Keys, certificates, certificate-backed secrets and access control by role are not part of it; a refusal by
// role can be ordered as a fault.
//
// Facts come from recordings of the real service (repository Azure/azure-sdk-assets; the data of package truth names the
// file for each), from MicrosoftDocs/azure-security-docs articles/key-vault, and from threads in which users pasted its
// answers. What none of them shows is marked "not recorded": it is this package's guess.
package keyvault
