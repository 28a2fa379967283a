package functions_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/standin"
	"rotunda/internal/wiretest"
)

// A caller gets all variables or none, and the audit has each secret once.
func TestVariablesNeedAPermissionForEachSecret(t *testing.T) {
	app := startTokens(t)
	adminToken, _ := caller(t, app, "Secrets.Admin")
	readerToken, object := caller(t, app, "Payments.Reader")
	nobodyToken, none := caller(t, app)
	admin, reader := as(t, app, adminToken), as(t, app, readerToken)
	version := strings.Trim(admin(200, "PUT", "/secrets/payments-a", `{"value":"{\"u\":\"canary-u\",\"p\":\"canary-p\"}"}`).Header.Get("ETag"), `"`)
	admin(200, "PUT", "/secrets/payments-b", `{"value":"canary-b"}`)
	admin(200, "PUT", "/secrets/shop-a", `{"value":"canary-shop"}`)
	admin(200, "PUT", "/secrets/env", `{"value":"canary-env"}`)

	upper := strings.ToUpper(version)
	if got := reader(200, "GET", "/secrets/env?names=payments-a/"+upper+".u,P:payments-a/"+version+".p,payments-b", ""); got.Body != "PAYMENTS_A_U=canary-u\nP=canary-p\nPAYMENTS_B=canary-b\n" {
		t.Error(got)
	}
	if err := app.Faults(`{}`); err != nil { // which resets the counts
		t.Fatal(err)
	}
	got := reader(403, "GET", "/secrets/env?names=shop-a,payments-b,shop-nope", "")
	if !strings.Contains(got.Body, "Resource: shop-a.") || !strings.Contains(got.Body, "ForbiddenByRules") {
		t.Error(got)
	}
	reader(404, "GET", "/secrets/env?names=payments-b,payments-nope", "")
	if calls := app.Azure.Vault().Counts().Calls["get"]; calls != 1 {
		t.Errorf("%d reads for a refused request, and one of a missing secret", calls)
	}
	// without names it is the secret env, by its own rule
	if got := reader(403, "GET", "/secrets/env", ""); !strings.Contains(got.Body, "Resource: env.") {
		t.Error(got)
	}
	// the refusal of a caller that may get no secret at all is about those that it asked for
	nobody := as(t, app, nobodyToken)
	if got := nobody(403, "GET", "/secrets/env?NAMES=P:payments-b.u,shop-a,bad_name&names=Shop-A/"+version, ""); !strings.Contains(got.Body, "Resource: payments-b.") {
		t.Error(got)
	}
	nobody(403, "GET", "/secrets/env?names=bad_name", "")
	admin(200, "GET", "/secrets/env?names=shop-a", "")
	if got := admin(200, "GET", "/secrets/env", ""); !strings.Contains(got.Body, "canary-env") {
		t.Error(got)
	}
	if got := app.Do(t, "GET", "/secrets/env?names=payments-b", ""); got.Status != 401 || got.Header.Get("WWW-Authenticate") == "" {
		t.Error(got)
	}

	var refused []string
	for _, r := range audited(t, app, "oid:"+none) {
		refused = append(refused, fmt.Sprint(r.Action, " ", r.Secret, " ", r.Allowed, " ", r.Status))
	}
	if want := []string{"getSecret payments-b false 403", "getSecret shop-a false 403", "getSecret * false 403"}; !slices.Equal(refused, want) {
		t.Errorf("the audit has %q of a caller that may nothing, want %q", refused, want)
	}
	var kept []string
	for _, r := range audited(t, app, "oid:"+object) {
		kept = append(kept, strings.TrimSpace(fmt.Sprintf("%s %s %t %d %s", r.Action, r.Secret, r.Allowed, r.Status, strings.Replace(r.Version, version, "V", 1))))
		if r.Request == "" || r.Address != "127.0.0.1" {
			t.Errorf("%+v", r)
		}
	}
	for i, line := range kept { // the version of payments-b has no name here
		kept[i] = strings.Join(strings.Fields(line)[:4], " ")
		if strings.HasPrefix(line, "getSecret payments-a") && !strings.HasSuffix(line, " V") {
			t.Errorf("the audit does not spell the version as the vault: %s", line)
		}
	}
	slices.Sort(kept)
	want := []string{
		"getSecret env false 403",
		"getSecret payments-a true 200", "getSecret payments-b true 200", "getSecret payments-b true 403",
		"getSecret payments-b true 404", "getSecret payments-nope true 404", "getSecret shop-a false 403", "getSecret shop-nope false 403",
	}
	if !slices.Equal(kept, want) {
		t.Errorf("the audit has\n%q, want\n%q", kept, want)
	}
	for _, want := range []string{
		`"function":"getsecret","method":"GET","secret":"","version":"","status":403`,
		`"msg":"item","caller":"oid:` + object + `","secret":"shop-a","version":"","allowed":false,"status":403`,
	} {
		if !app.Log.Has(want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

// A request for variables has as many secrets as a batch may have.
func TestHowManyVariables(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	set(t, app, "a", "canary-a")
	for count, want := range map[int]int{200: http.StatusOK, 201: http.StatusBadRequest} {
		var names []string
		for i := range count {
			names = append(names, fmt.Sprintf("V%d:a", i))
		}
		if got := app.Do(t, "GET", "/secrets/env?names="+strings.Join(names, ","), ""); got.Status != want {
			t.Errorf("%d: %d %.200s", count, got.Status, got.Body)
		}
	}
}

// The message names all that are missing, however many are requested.
func TestAllThatAreMissingAreNamed(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	set(t, app, "a", "canary-a")
	names := []string{"nope-1"}
	for i := range 100 {
		names = append(names, fmt.Sprintf("V%d:a", i), fmt.Sprintf("also-%d", i))
	}
	got := app.Do(t, "GET", "/secrets/env?names="+strings.Join(names[:199], ","), "")
	if got.Status != 404 || !strings.Contains(got.Body, "These secrets are missing: nope-1, also-0, ") || !strings.Contains(got.Body, ", also-98.") {
		t.Error(got)
	}
}

// Microsoft's client sets, reads, updates and deletes a secret named env as any other.
func TestKeyVaultsClientAndTheSecretNamedEnv(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Tokens: true})
	client := keyVaultClient(t, app, "admin")
	value := "canary-env"
	for _, name := range []string{"env", "ENV"} {
		set, err := client.SetSecret(t.Context(), name, azsecrets.SetSecretParameters{Value: &value}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, version := range []string{"", set.ID.Version()} {
			got, err := client.GetSecret(t.Context(), name, version, nil)
			if err != nil || *got.Value != value || got.ID.Version() != set.ID.Version() {
				t.Errorf("get %s %q: %v", name, version, err)
			}
		}
		kind := "text/plain"
		updated, err := client.UpdateSecretProperties(t.Context(), name, set.ID.Version(), azsecrets.UpdateSecretPropertiesParameters{ContentType: &kind}, nil)
		if err != nil || *updated.ContentType != kind {
			t.Errorf("update %s: %v", name, err)
		}
	}
	versions := client.NewListSecretPropertiesVersionsPager("env", nil)
	if page, err := versions.NextPage(t.Context()); err != nil || len(page.Value) != 2 {
		t.Errorf("%d versions, %v", len(page.Value), err)
	}
	if _, err := client.DeleteSecret(t.Context(), "env", nil); err != nil {
		t.Error(err)
	}
}

// keyVaultClient returns Microsoft's client for the app, as one of its callers.
func keyVaultClient(t *testing.T, app *wiretest.App, name string) *azsecrets.Client {
	t.Helper()
	transport, err := standin.Transport(app.Azure.CAFile(), app.Azure.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	options := policy.ClientOptions{Transport: &http.Client{Transport: transport}, Retry: policy.RetryOptions{MaxRetries: -1}}
	who := map[string]string{}
	for _, setting := range app.Callers[name].Env() {
		key, value, _ := strings.Cut(setting, "=")
		who[key] = value
	}
	credential, err := azidentity.NewClientSecretCredential(who["AZURE_TENANT_ID"], who["AZURE_CLIENT_ID"], who["AZURE_CLIENT_SECRET"], &azidentity.ClientSecretCredentialOptions{ClientOptions: options})
	if err != nil {
		t.Fatal(err)
	}
	client, err := azsecrets.NewClient(standin.AppURL, credential, &azsecrets.ClientOptions{ClientOptions: options, DisableChallengeResourceVerification: true})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
