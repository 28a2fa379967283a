// Package entra rotates client secrets of applications in Microsoft Entra ID, in class C:
// Microsoft Graph issues a new client secret and shows it once, and the old one is removed after
// the grace period. Other client secrets of the application stay.
//
// Tags:
//   - ProviderAddress: the application's object id or client id, alone as in Azure's sample
//     (Azure/KeyVault-Secrets-Rotation-AADApp-PowerShell, README.md), or as entra:<id>
//   - CredentialId: the key id of the client secret that the value holds
//   - ValueField: where the client secret is in a value with several fields
//   - RotationClass: C, or absent
//
// The app signs in to Graph as its own identity. That needs Graph's application permission
// Application.ReadWrite.OwnedBy, and must be an owner of the application.
package entra

import (
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/secret"
)

// Config configures New. Only Credential is required.
type Config struct {
	Credential azcore.TokenCredential // of the app
	Transport  *http.Client           // nil: http.DefaultClient
	Cloud      cloud.Configuration    // the zero value is the public cloud
	Grace      time.Duration          // for which old credentials stay valid, where no tag says otherwise
}

// Rotator implements rotation.Issuer.
type Rotator struct {
	graph graph
	login login
	grace time.Duration
}

var (
	_ rotation.Issuer     = Rotator{}
	_ rotation.Identifier = Rotator{}
	_ rotation.Settling   = Rotator{}
	_ rotation.Checker    = Rotator{}
	_ rotation.Comparer   = Rotator{}
	_ rotation.Locator    = Rotator{}
	_ rotation.Addressed  = Rotator{}
	_ rotation.Described  = Rotator{}
)

// New returns a rotator. It makes no calls.
func New(c Config) Rotator {
	if c.Cloud.ActiveDirectoryAuthorityHost == "" {
		c.Cloud = cloud.AzurePublic
	}
	if c.Transport == nil {
		c.Transport = http.DefaultClient
	}
	host, transport := graphHost(c.Cloud), newTransport(c.Transport)
	return Rotator{
		graph: newGraph(host, c.Credential, transport),
		login: login{authority: c.Cloud.ActiveDirectoryAuthorityHost, scope: host + "/.default", transport: transport},
		grace: c.Grace,
	}
}

// Describe implements rotation.Described.
func (Rotator) Describe() rotation.Description {
	return rotation.Description{
		Names:   []string{rotation.KindApplication},
		Classes: []rotation.Class{rotation.Issued},
		Tags:    []string{rotation.TagClass, rotation.TagValueField},
	}
}

// Server implements rotation.Addressed: every application is changed at Graph.
func (r Rotator) Server(address string) string {
	if _, err := parseAddress(address); err != nil {
		return ""
	}
	return r.graph.host
}

// federated is said of every client secret (MicrosoftDocs/entra-docs
// docs/workload-id/workload-identity-federation.md).
const federated = "A federated credential needs no client secret and no rotation: with az ad app federated-credential create, " +
	"the application trusts the tokens that a managed identity, GitHub Actions or a Kubernetes cluster has anyway."

// Plan implements rotation.Rotator. One application may have client secrets for several secrets of
// the vault, so the identity names the secret too; Locate finds two with the same client secret.
func (r Rotator) Plan(s rotation.Subject) (rotation.Plan, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Plan{}, err
	}
	if _, err := r.lifetime(s); err != nil {
		return rotation.Plan{}, err
	}
	_, err = class.Choose(s.Tags, "applications in Entra", rotation.Issued)
	return rotation.Plan{
		Class:    rotation.Issued,
		Identity: "the application " + target.id + " in Entra, client secret of " + s.Owner,
		Warnings: []string{federated},
	}, err
}

// Same implements rotation.Comparer.
func (Rotator) Same(s rotation.Subject, a, b secret.Value) bool {
	x, errX := clientSecret(s, a)
	y, errY := clientSecret(s, b)
	return errX == nil && errY == nil && x.Value.Equal(y.Value)
}
