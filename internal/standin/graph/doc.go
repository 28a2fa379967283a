// Package graph stands in for the part of Microsoft Graph that manages client secrets of
// applications, at graph.microsoft.com: get an application by object id or client id, list its
// owners, addPassword and removePassword. It checks tokens and application permissions as Graph
// does. Microsoft's own client library runs against it unmodified.
//
// It is for tests and local runs, on a loopback address only.
//
// Shapes, permissions and statuses are those of microsoftgraph/microsoft-graph-docs-contrib
// api-reference/v1.0/api/application-get.md, application-list-owners.md,
// application-addpassword.md and application-removepassword.md. The sentences of errors are those
// that users and tests have quoted: pnp/cli-microsoft365 (Request_ResourceNotFound),
// hashicorp/vault-plugin-secrets-azure (no password credential), and
// OfficeDev/microsoft-365-agents-toolkit packages/fx-core (the codes of an app management policy).
package graph
