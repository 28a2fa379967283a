// Package identity stands in for the managed-identity endpoint of App Service and Functions, and
// for the Entra tenant behind it: it issues signed tokens over HTTP, and verifies them for a
// resource.
//
// It is for tests and local runs. Anyone who knows the endpoint's header gets a token for any
// resource, so it must listen only on a loopback address. Only its own Verifier accepts its
// tokens.
//
// The protocol is documented in MicrosoftDocs/azure-docs
// articles/app-service/overview-managed-identity.md.
package identity
