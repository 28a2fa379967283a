// Package identity stands in for the managed-identity endpoint of App Service and Functions. The
// tokens are those of the Entra stand-in, as in Azure.
//
// It is for tests and local runs. Anyone who knows the endpoint's header gets a token for any
// resource of the tenant, so it must listen only on a loopback address.
//
// The protocol is documented in MicrosoftDocs/azure-docs
// articles/app-service/overview-managed-identity.md.
package identity
