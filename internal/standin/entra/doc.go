// Package entra stands in for one tenant of Microsoft Entra ID, at login.microsoftonline.com and
// sts.windows.net: instance and tenant discovery, signing keys that roll over, app registrations
// with secrets, app roles and groups, and tokens by the client credentials grant. azidentity and
// MSAL run against it unmodified.
//
// It is for tests and local runs, on a loopback address only. Its tokens are worth nothing
// elsewhere, because its keys exist only in this process.
//
// The shapes of the responses are those of recordings in Azure/azure-sdk-for-js (in 2021,
// sdk/*/recordings/node, requests to login.microsoftonline.com). Claims are documented in
// MicrosoftDocs/entra-docs docs/identity-platform/access-token-claims-reference.md.
package entra
