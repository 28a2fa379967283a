// Package identity stands in for the managed-identity endpoint that App Service and Functions give an app, and for the
// Entra tenant behind it: it hands out signed tokens over HTTP, and checks them on behalf of a resource.
//
// It is for tests and local runs. Whoever knows the endpoint's header gets a token for any resource, so it must only
// listen on a loopback address, and its tokens are worth something to nobody but its own Verifier.
//
// The protocol is documented in MicrosoftDocs/azure-docs articles/app-service/overview-managed-identity.md.
package identity
