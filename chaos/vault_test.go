package chaos_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/secret"
	"rotunda/internal/standin"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

// vault accesses the stand-in directly, bypassing the app, with the SDK's client.
type vault struct{ *azsecrets.Client }

type fixedToken string

func (f fixedToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(f), ExpiresOn: time.Now().Add(12 * time.Hour)}, nil
}

func openVault(t *testing.T, azure *standin.Azure) vault {
	t.Helper()
	pem, err := os.ReadFile(azure.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, azure.VaultAddr())
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	token, err := azure.Identity().Token(keyvault.Resource)
	if err != nil {
		t.Fatal(err)
	}
	options := &azsecrets.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: &http.Client{Transport: transport}}}
	opened, err := azsecrets.NewClient("https://"+wiretest.Vault+".vault.azure.net", fixedToken(token), options)
	if err != nil {
		t.Fatal(err)
	}
	return vault{opened}
}

// version is one version of a secret.
type version struct {
	id, value, operation string
}

// latest returns what a reader without a pinned version gets.
func (v vault) latest(ctx context.Context, name string) (version, error) {
	got, err := v.GetSecret(ctx, name, "", nil)
	if err != nil {
		return version{}, err
	}
	return version{got.ID.Version(), *got.Value, tag(got.Tags, "rot-op")}, nil
}

// set adds a version.
func (v vault) set(t *testing.T, name, value string, tags map[string]string, expires *time.Time) {
	t.Helper()
	all := map[string]*string{}
	for tag, text := range tags {
		all[tag] = &text
	}
	parameters := azsecrets.SetSecretParameters{Value: &value, Tags: all, SecretAttributes: &azsecrets.SecretAttributes{Expires: expires}}
	if _, err := v.SetSecret(t.Context(), name, parameters, nil); err != nil {
		t.Fatal(err)
	}
}

// record is the part of Rotunda's record of a rotation that the tests use.
type record struct {
	Operation string    `json:"op"`
	Base      string    `json:"base"`
	Value     string    `json:"value"`
	At        time.Time `json:"at"`
	state     string
	since     time.Time
	retireAt  time.Time
	next      time.Time // of the next attempt
	tags      string
}

// record reads the latest record of a secret. It returns a zero record if there is none.
func (v vault) record(ctx context.Context, name string) (r record, err error) {
	got, err := v.GetSecret(ctx, secret.PendingName(name), "", nil)
	if isNotFound(err) {
		return record{}, nil
	}
	if err != nil {
		return r, err
	}
	head, value, _ := strings.Cut(*got.Value, "\n") // a line of JSON, and the new value as it is
	if err := json.Unmarshal([]byte(head), &r); err != nil {
		return r, err
	}
	r.Value = value
	r.state = tag(got.Tags, "rot-state")
	r.since, r.retireAt, r.next = timeOf(got.Tags, "rot-since"), timeOf(got.Tags, "rot-retire-at"), timeOf(got.Tags, "rot-next")
	for name := range got.Tags {
		r.tags += name + "=" + tag(got.Tags, name) + "\n"
	}
	return r, nil
}

func tag(tags map[string]*string, name string) string {
	if tags[name] == nil {
		return ""
	}
	return *tags[name]
}

// timeOf returns the time in a tag; zero if there is none.
func timeOf(tags map[string]*string, name string) time.Time {
	at, _ := time.Parse(time.RFC3339Nano, tag(tags, name))
	return at
}
