package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/standin"
	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/fault"
	"rotunda/internal/wiretest"
)

const (
	tenant     = "aaaaaaaa-0000-4000-8000-000000000001"
	authority  = "https://login.microsoftonline.com/" + tenant
	appAddress = "https://rotunda.contoso.test/api"
	audience   = "https://contoso.test/rotunda"
	// asksForIt is what a client does that accepts the app's challenge.
	asksForIt = "scope " + audience + "/.default tenant " + tenant
)

// appChallenge is the one that the app sends.
const appChallenge = `Bearer authorization="` + authority + `", resource="` + audience + `"`

// challenges shows why the app's challenge is what it is: what Microsoft's clients do with it and
// with others. An outcome is the token that the client asks for, or the beginning of its error.
var challenges = []struct {
	name, url, challenge string
	disable              bool // the switch that disables the verification of the resource
	golang, javascript   string
}{
	{
		name: "the app's challenge, whose resource is at the parent domain of its host, is followed",
		url:  appAddress, challenge: appChallenge, golang: asksForIt, javascript: asksForIt,
	},
	{
		name: "a resource at the app's own host is refused: it must be at the parent domain",
		url:  appAddress, challenge: `Bearer authorization="` + authority + `", resource="https://rotunda.contoso.test"`,
		golang:     `error challenge resource "https://rotunda.contoso.test" doesn't match the requested domain`,
		javascript: "error The challenge resource 'rotunda.contoso.test' does not match the requested domain.",
	},
	{
		name: "a resource at another domain is refused",
		url:  appAddress, challenge: `Bearer authorization="` + authority + `", resource="https://vault.azure.net"`,
		golang:     `error challenge resource "https://vault.azure.net" doesn't match`,
		javascript: "error The challenge resource 'vault.azure.net' does not match",
	},
	{
		name: "a port in the app's address is refused by Go, which compares it, too",
		url:  "https://rotunda.contoso.test:8443/api", challenge: appChallenge,
		golang: "error challenge resource", javascript: asksForIt,
	},
	{
		name: "api:// is refused, because what follows it is no parent domain",
		url:  appAddress, challenge: `Bearer authorization="` + authority + `", resource="api://rotunda"`,
		golang: "error challenge resource", javascript: "error The challenge resource 'rotunda' does not match",
	},
	{
		name: "without the space after the comma no client finds the resource",
		url:  appAddress, challenge: `Bearer authorization="` + authority + `",resource="` + audience + `"`,
		golang: "error could not find a valid resource in the WWW-Authenticate header", javascript: "error Unexpected status code: 401",
	},
	{
		name: "an authority without a tenant makes the Go client panic",
		url:  appAddress, challenge: `Bearer authorization="https://login.microsoftonline.com", resource="` + audience + `"`,
		golang: "panic ", javascript: "scope " + audience + "/.default tenant ",
	},
	{
		name: "an authority with a version after the tenant is a wrong tenant in JavaScript",
		url:  appAddress, challenge: `Bearer authorization="` + authority + `/v2.0", resource="` + audience + `"`,
		golang: asksForIt, javascript: "scope " + audience + "/.default tenant " + tenant + "/v2.0",
	},
	{
		name: "http is refused by Go",
		url:  "http://rotunda.contoso.test/api", challenge: appChallenge,
		golang: "error authorized requests are not permitted for non-TLS", javascript: asksForIt,
	},
	{
		name: "at azurewebsites.net the resource can't be at the parent domain, so that the app's challenge is refused",
		url:  "https://rotunda.azurewebsites.net/api", challenge: appChallenge,
		golang: "error challenge resource", javascript: "error The challenge resource 'contoso.test' does not match",
	},
	{
		name: "at azurewebsites.net the app's challenge is followed with the client's switch",
		url:  "https://rotunda.azurewebsites.net/api", challenge: appChallenge, disable: true,
		golang: asksForIt, javascript: asksForIt,
	},
}

func TestChallengesInGo(t *testing.T) {
	for _, row := range challenges {
		if found := outcomeInGo(t, row.url, row.challenge, row.disable); !strings.HasPrefix(found, row.golang) {
			t.Errorf("%s: %s, want %s", row.name, found, row.golang)
		}
	}
}

func outcomeInGo(t *testing.T, url, challenge string, disable bool) (outcome string) {
	t.Helper()
	defer func() {
		if failed := recover(); failed != nil {
			outcome = fmt.Sprint("panic ", failed)
		}
	}()
	var asked asked
	client, err := azsecrets.NewClient(url, &asked, &azsecrets.ClientOptions{
		ClientOptions:                        azcore.ClientOptions{Transport: challenger(challenge), Retry: policy.RetryOptions{MaxRetries: -1}},
		DisableChallengeResourceVerification: disable,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetSecret(t.Context(), "db", "", nil); err != nil {
		return "error " + err.Error()
	}
	return string(asked)
}

// asked is a credential that remembers what it was asked for.
type asked string

func (a *asked) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	*a = asked("scope " + strings.Join(options.Scopes, " ") + " tenant " + options.TenantID)
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// challenger answers with a challenge until there is a token.
type challenger string

func (c challenger) Do(r *http.Request) (*http.Response, error) {
	answer := &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {string(c)}}, Request: r}
	text := "{}"
	if r.Header.Get("Authorization") != "" {
		answer.StatusCode, text = http.StatusOK, `{"value":"v","id":"https://contoso.vault.azure.net/secrets/db/0"}`
	}
	answer.Body = io.NopCloser(strings.NewReader(text))
	return answer, nil
}

// A caller that may not do something gets 403, because 401 would make its client ask for a token
// again, each time.
func TestARefusalMustNotBe401(t *testing.T) {
	for status, want := range map[int]int{http.StatusForbidden: 1, http.StatusUnauthorized: 3} {
		tokens := 0
		credential := credentialFunc(func() { tokens++ })
		transport := transportFunc(func(r *http.Request) int {
			if r.Header.Get("Authorization") == "" {
				return http.StatusUnauthorized
			}
			return status
		})
		client, err := azsecrets.NewClient(appAddress, credential, &azsecrets.ClientOptions{
			ClientOptions: azcore.ClientOptions{Transport: transport, Retry: policy.RetryOptions{MaxRetries: -1}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			_, err := client.GetSecret(t.Context(), "db", "", nil)
			if failed, ok := errors.AsType[*azcore.ResponseError](err); !ok || failed.StatusCode != status {
				t.Errorf("got %v, want %d", err, status)
			}
		}
		if tokens < want || status == http.StatusForbidden && tokens != want {
			t.Errorf("three answers with %d took %d tokens, want %d", status, tokens, want)
		}
	}
}

type credentialFunc func()

func (f credentialFunc) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	f()
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// transportFunc answers with a status, and the app's challenge.
type transportFunc func(*http.Request) int

func (f transportFunc) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: f(r), Request: r, Body: http.NoBody, Header: http.Header{"Www-Authenticate": {appChallenge}},
	}, nil
}

func TestChallengesInJavaScript(t *testing.T) {
	command := program(t, "node", "js", "node_modules/@azure/keyvault-secrets", "challenges.mjs")
	type row struct {
		URL       string `json:"url"`
		Challenge string `json:"challenge"`
		Disable   bool   `json:"disable"`
	}
	var rows []row
	for _, c := range challenges {
		rows = append(rows, row{c.url, c.challenge, c.disable})
	}
	text, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	var problems bytes.Buffer
	command.Stdin, command.Stderr = bytes.NewReader(text), &problems
	out, err := command.Output()
	var found []string
	if err != nil || json.Unmarshal(out, &found) != nil || len(found) != len(challenges) {
		t.Fatalf("%v: %s%s", err, out, &problems)
	}
	for i, row := range challenges {
		if !strings.HasPrefix(found[i], row.javascript) {
			t.Errorf("%s: %s, want %s", row.name, found[i], row.javascript)
		}
	}
}

// The table is about the challenge that the app really sends.
func TestTheAppsChallengeIsTheTables(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Tokens: true})
	want := strings.ReplaceAll(appChallenge, tenant, app.Azure.Entra().Tenant())
	for _, path := range []string{"/secrets/db", "/secrets/db/?api-version=2026-04-01", "/deletedsecrets", "/nothing"} {
		got := app.Do(t, http.MethodGet, path, "")
		if challenge := got.Header.Get("WWW-Authenticate"); got.Status != http.StatusUnauthorized || challenge != want {
			t.Errorf("%s: %d with the challenge %s, want %s", path, got.Status, challenge, want)
		}
	}
}

// The keys that sign tokens change while the app runs, and Entra may be away.
func TestTheAppFollowsEntrasKeys(t *testing.T) {
	announce := func(azure *standin.Azure) {
		if err := azure.Entra().AnnounceKey(); err != nil {
			t.Fatal(err)
		}
	}
	app := wiretest.Start(t, wiretest.Options{Tokens: true, Before: announce})
	status := func() int { return app.Do(t, http.MethodGet, "/secrets", "", app.Authorization(t, "admin")).Status }
	if got := status(); got != http.StatusOK {
		t.Errorf("with the first key: %d", got)
	}
	if err := app.Azure.SetFaults(standin.Faults{Entra: fault.Faults{Down: true}}); err != nil {
		t.Fatal(err)
	}
	if got := status(); got != http.StatusOK {
		t.Errorf("a new token of a known key, while Entra is away: %d", got)
	}
	if err := app.Azure.SetFaults(standin.Faults{}); err != nil {
		t.Fatal(err)
	}
	if err := app.Azure.Entra().RollKeys(); err != nil {
		t.Fatal(err)
	}
	if got := status(); got != http.StatusOK {
		t.Errorf("with the key that was announced: %d", got)
	}
}

// A token of version 2 is for the app's client id, and one for Key Vault is not for the app.
func TestWhichOfEntrasTokensTheAppTakes(t *testing.T) {
	const clientID, vault = "bbbbbbbb-0000-4000-8000-000000000002", "https://vault.azure.net"
	withVersion2 := func(azure *standin.Azure) {
		api := entra.Application{Name: "rotunda 2", ClientID: clientID, API: entra.API{TokenVersion: 2}}
		if _, err := azure.Entra().Register(api); err != nil {
			t.Fatal(err)
		}
	}
	app := wiretest.Start(t, wiretest.Options{Tokens: true, Before: withVersion2, Env: []string{"SIGN_IN_CLIENT_ID=" + clientID}})
	for _, row := range []struct {
		name, resource string
		status         int
		says           string
	}{
		{"version 1, for the audience", audience, http.StatusOK, ""},
		{"version 1, for the audience with a slash", audience + "/", http.StatusOK, ""},
		{"version 2, for the client id: it has no role, so that the rules refuse it", clientID, http.StatusForbidden, "Action: readMetadata."},
		{"a token for Key Vault", vault, http.StatusUnauthorized, "Request one for " + audience},
		{"a token for Graph", "https://graph.microsoft.com", http.StatusUnauthorized, ""},
	} {
		token, _, err := app.Azure.Entra().Issue(app.Callers["admin"].ClientID, row.resource, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		got := app.Do(t, http.MethodGet, "/secrets/db/versions", "", "Authorization: Bearer "+token)
		if got.Status != row.status || !strings.Contains(got.Body, row.says) {
			t.Errorf("%s: %v, want %d %s", row.name, got, row.status, row.says)
		}
	}
}
