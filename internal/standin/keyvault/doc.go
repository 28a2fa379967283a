// Package keyvault stands in for Azure Key Vault's secrets data plane: an http.Handler with its
// twelve operations, JSON, error codes, soft delete, paging, backup, authentication and events,
// and with faults that can be injected.
//
// It is for tests and local runs, over TLS on a loopback address. Don't store real secrets in it:
// they are not encrypted. Keys, certificates, certificate-backed secrets and role-based access
// control are not part of it; a 403 for a missing role can be injected as a fault.
//
// Facts come from recordings of the real service (repository Azure/azure-sdk-assets; the data of
// package truth names the file for each), from MicrosoftDocs/azure-security-docs
// articles/key-vault, and from threads in which users pasted its responses. What none of them
// shows is marked "not recorded": it is this package's guess.
package keyvault
