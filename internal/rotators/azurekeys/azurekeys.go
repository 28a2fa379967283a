// Package azurekeys rotates the keys of Azure's own services through Azure Resource Manager.
//
// Most services have two keys, so that one can be regenerated while readers use the other: class
// K. Query keys of Azure AI Search and host keys of Azure Functions are issued and deleted one by
// one: class C. table.go has a row for each service; refused.go names those that cannot be
// rotated.
//
// Tags: ProviderAddress is the resource's ARM id, as in Azure's rotation samples; CredentialId
// says which key the secret holds; KeyProof=none publishes a key without trying it; ValueField.
//
// Rights: the app's identity needs the actions that list and regenerate the keys, which the dry
// run checks; docs/rotators.md has the roles.
package azurekeys

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/bounded"
)

// Config is what the rotator calls Azure with.
type Config struct {
	Credential azcore.TokenCredential // of the app's identity
	Transport  *http.Client           // it must not report URLs: that of deleteQueryKey holds a key
	Cloud      cloud.Configuration
	// Dial connects to a Redis server; nil stands for bounded.Dial.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Roots are trusted by that connection; nil stands for the system's.
	Roots *x509.CertPool
}

// Rotator implements rotation.Regenerator and rotation.Issuer.
type Rotator struct {
	arm    *manager
	planes planes
}

var (
	_ rotation.Described   = (*Rotator)(nil)
	_ rotation.Addressed   = (*Rotator)(nil)
	_ rotation.Regenerator = (*Rotator)(nil)
	_ rotation.Awaiter     = (*Rotator)(nil)
	_ rotation.Issuer      = (*Rotator)(nil)
	_ rotation.Identifier  = (*Rotator)(nil)
	_ rotation.Checker     = (*Rotator)(nil)
	_ rotation.Comparer    = (*Rotator)(nil)
)

// New returns a rotator that calls the cloud's Azure Resource Manager. It makes no calls.
func New(c Config) *Rotator {
	if c.Dial == nil {
		c.Dial = bounded.Dial
	}
	client := withoutRedirects(c.Transport)
	arm := newManager(c.Credential, client, c.Cloud)
	return &Rotator{arm: arm, planes: planes{client: client, dial: c.Dial, cloud: cloudOf(arm.host), roots: c.Roots}}
}

// withoutRedirects returns a client that follows none: what it sends is for one host.
func withoutRedirects(client *http.Client) *http.Client {
	made := http.Client{}
	if client != nil {
		made = *client
	}
	made.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &made
}

// Describe implements rotation.Described.
func (*Rotator) Describe() rotation.Description {
	d := rotation.Description{
		Names:   []string{"azurekeys"},
		Classes: []rotation.Class{rotation.DualKey, rotation.Issued},
		Tags:    []string{rotation.TagKeyProof, rotation.TagClass, rotation.TagValueField},
	}
	for _, s := range table {
		d.Resources = append(d.Resources, s.resources...)
	}
	for _, r := range refused {
		d.Refused = append(d.Refused, r.resource)
	}
	return d
}

// Server implements rotation.Addressed: every resource is reached through Azure Resource Manager.
func (r *Rotator) Server(address string) string {
	if rotation.ResourceType(address) == "" {
		return ""
	}
	return "https://" + r.arm.host
}
