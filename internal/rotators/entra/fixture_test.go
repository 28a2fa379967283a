package entra_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/entra"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	directory "rotunda/internal/standin/entra"
	"rotunda/internal/standin/fault"
	"rotunda/internal/standin/graph"
)

// first is the client secret that the secret holds before its first rotation.
const first = "canary-first"

// tenant is a tenant with an application that the app's identity owns, as the app sees it.
type tenant struct {
	*directory.Directory
	graph    *graph.Server
	identity directory.Application
	payroll  directory.Application // with the secret first, and another one that is not ours
	wire     graph.InProcess
}

// theDirectory serves all tests: to make its signing key takes a while.
var theDirectory = sync.OnceValues(func() (*directory.Directory, error) { return directory.New(directory.Options{}) })

// newTenant gives the app's identity the app roles of Graph. Faults of earlier tests are over.
func newTenant(t *testing.T, roles ...string) *tenant {
	t.Helper()
	d, err := theDirectory()
	rotatortest.Must(t, err)
	rotatortest.Must(t, d.SetFaults(fault.Faults{}))
	d.SetPropagation(directory.Propagation{})
	f := &tenant{Directory: d, graph: graph.New(d)}
	f.wire.Graph = f.graph
	f.identity, err = d.Register(directory.Application{Name: "rotunda", ManagedIdentity: "/sites/rotunda", Roles: map[string][]string{graph.Resource: roles}})
	rotatortest.Must(t, err)
	f.payroll, err = d.Register(directory.Application{Name: "payroll", Secrets: []string{first, "canary-strangers"}, Owners: []string{f.identity.ObjectID}})
	rotatortest.Must(t, err)
	return f
}

const owned = "Application.ReadWrite.OwnedBy"

// rotator reaches the tenant as the app does.
func (f *tenant) rotator() entra.Rotator { return f.rotatorBy(f.wire) }

// rotatorBy reaches the tenant by another way.
func (f *tenant) rotatorBy(wire http.RoundTripper) entra.Rotator {
	return entra.New(entra.Config{
		Credential: graph.Principal{Directory: f.Directory, ClientID: f.identity.ClientID},
		Transport:  &http.Client{Transport: wire}, Grace: 36 * time.Hour,
	})
}

// subject is a secret with the tags of Azure's sample.
func (f *tenant) subject() rotation.Subject {
	tags := map[string]string{rotation.TagProviderAddress: f.payroll.RegistrationID, rotation.TagCredentialID: f.keyOf(first), rotation.TagValidity: "60"}
	return rotation.Subject{
		Name: "payroll", Address: tags[rotation.TagProviderAddress], CredentialID: tags[rotation.TagCredentialID], Tags: tags,
		Current: secret.NewValue(first), Owner: "contoso.vault.azure.net/payroll",
	}
}

// keyOf returns the key id of a client secret, or "".
func (f *tenant) keyOf(text string) string {
	for _, c := range f.Credentials(f.payroll.ClientID) {
		if c.Text == text {
			return c.KeyID
		}
	}
	return ""
}

// count returns how many client secrets Graph lists.
func (f *tenant) count() int { return len(f.Credentials(f.payroll.ClientID)) }

// wantFault checks a fault: its text, and whether it is permanent.
func wantFault(t *testing.T, err error, permanent bool, text string) {
	t.Helper()
	fault := rotatortest.Fault(t, err)
	if fault == nil || fault.Permanent != permanent || !strings.Contains(fault.Reason, text) {
		t.Errorf("got %+v, not permanent %v with %q", fault, permanent, text)
	}
}

// noClose is the body of an answer.
type noClose struct{ io.Reader }

// Close implements io.Closer.
func (noClose) Close() error { return nil }

// probeBy probes with a token endpoint of the test's.
func (f *tenant) probeBy(answer func(*http.Request) (*http.Response, error)) (rotation.Verdict, error) {
	r := f.rotatorBy(token{f, answer})
	return r.Probe(context.Background(), f.subject(), secret.NewValue(first))
}
