package azurekeys_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/azurekeys"
	"rotunda/internal/secret"
	"rotunda/internal/standin/arm"
)

// group is the resource group of all resources.
const group = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/shop/providers/"

// resource returns the ARM id of a resource of a type, whose names are contoso, contoso-1, …
func resource(kind string) string {
	parts := strings.Split(kind, "/")
	id, name := group+parts[0], "contoso"
	for i, part := range parts[1:] {
		id += "/" + part + "/" + name + strings.Repeat("-1", i)
	}
	return id
}

// account is the id of a storage account.
var account = resource("Microsoft.Storage/storageAccounts")

// azure is the stand-in of Azure, as a rotator reaches it: each request is served in this
// goroutine.
type azure struct {
	*arm.Server
	before func(*http.Request) error // called before a request
	// instead is what a request gets in place of the stand-in's answer; nil for that.
	instead func(*http.Request) *said
	seen    []*http.Request
}

// said is an answer of a test's own.
type said struct {
	status       int
	reason, body string
	header       http.Header
}

func (s said) response() *http.Response {
	if s.header == nil {
		s.header = http.Header{}
	}
	return &http.Response{StatusCode: s.status, Status: s.reason, Header: s.header, Body: io.NopCloser(strings.NewReader(s.body))}
}

func reply(status int, reason, body string) *said {
	return &said{status: status, reason: reason, body: body}
}

// token is what the app's credential returns: it must not reach a data plane or a fault.
const token = "canary-token"

type credential struct{ err error }

func (c credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if len(o.Scopes) != 1 || !strings.HasPrefix(o.Scopes[0], "https://management.") {
		return azcore.AccessToken{}, errors.New("a token for " + strings.Join(o.Scopes, " "))
	}
	return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(time.Hour)}, c.err
}

// start returns an Azure with resources, and a rotator that uses it.
func start(t *testing.T, ids ...string) (*azure, *azurekeys.Rotator) {
	t.Helper()
	a := &azure{Server: arm.New(arm.Options{})}
	for _, id := range ids {
		if err := a.AddResource(id); err != nil {
			t.Fatal(err)
		}
	}
	return a, a.rotator(cloud.AzurePublic)
}

func (a *azure) rotator(in cloud.Configuration) *azurekeys.Rotator {
	return azurekeys.New(azurekeys.Config{Credential: credential{}, Transport: &http.Client{Transport: a}, Cloud: in})
}

var errLost = errors.New("the connection was closed")

// RoundTrip implements http.RoundTripper.
func (a *azure) RoundTrip(r *http.Request) (_ *http.Response, err error) {
	if isManagement := strings.HasPrefix(r.URL.Host, "management."); strings.Contains(r.Header.Get("Authorization"), token) != isManagement {
		return nil, errors.New("the app's token goes to Azure Resource Manager, and nowhere else")
	}
	a.seen = append(a.seen, r)
	if a.before != nil {
		if err := a.before(r); err != nil {
			return nil, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if a.instead != nil {
		if found := a.instead(r); found != nil {
			return found.response(), nil
		}
	}
	recorder := httptest.NewRecorder()
	defer func() {
		if cause := recover(); cause != nil {
			err = errLost
		}
	}()
	served := r.Clone(r.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	served.Host = r.URL.Host
	a.ServeHTTP(recorder, served)
	return recorder.Result(), nil
}

// orders counts the requests that regenerate, make or delete keys.
func (a *azure) orders(id string) int64 { return a.Counts()[id][arm.Regenerate] }

// key returns a key's value.
func (a *azure) key(t *testing.T, id, name string) string {
	t.Helper()
	for _, key := range a.Keys(id) {
		if strings.EqualFold(key.Name, name) {
			return key.Value
		}
	}
	t.Fatalf("%s has no key %s", id, name)
	return ""
}

// subject returns a secret that holds a key of a resource.
func subject(id, credentialID, value string, tags ...string) rotation.Subject {
	s := rotation.Subject{
		Name: "key", Address: id, CredentialID: credentialID, Current: secret.NewValue(value), Owner: "contoso.vault.azure.net/key",
		Tags: map[string]string{rotation.TagProviderAddress: id},
	}
	if credentialID != "" {
		s.Tags[rotation.TagCredentialID] = credentialID
	}
	for i := 0; i < len(tags); i += 2 {
		s.Tags[tags[i]] = tags[i+1]
	}
	return s
}

// keys lists the keys, which must succeed.
func keys(t *testing.T, r *azurekeys.Rotator, s rotation.Subject) map[string]secret.Value {
	t.Helper()
	found, err := r.Keys(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// clouds are the three, by the host of their Azure Resource Manager.
var clouds = map[string]cloud.Configuration{
	"management.azure.com": cloud.AzurePublic, "management.chinacloudapi.cn": cloud.AzureChina, "management.usgovcloudapi.net": cloud.AzureGovernment,
}

// dataHosts are where the storage account is tried, by cloud, if Azure does not say that.
var dataHosts = map[string]string{
	"management.azure.com": "contoso.blob.core.windows.net", "management.chinacloudapi.cn": "contoso.blob.core.chinacloudapi.cn", "management.usgovcloudapi.net": "contoso.blob.core.usgovcloudapi.net",
}
