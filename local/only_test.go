package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/standin"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

// vaultRun is a run with -only vault.
type vaultRun struct {
	vaultAddresses
	ready string
	out   *wiretest.Log
	ended chan error
}

// startVault runs the command until the test ends.
func startVault(t *testing.T, args ...string) *vaultRun {
	t.Helper()
	r := &vaultRun{ready: filepath.Join(t.TempDir(), "ready.json"), out: &wiretest.Log{}, ended: make(chan error, 1)}
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		r.ended <- run(ctx, append([]string{"-only", "vault", "-addr", "127.0.0.1:0", "-ready-file", r.ready}, args...), r.out, r.out)
	}()
	if !r.out.Await("Serving until Ctrl-C", r.ended) {
		t.Fatalf("run ended: %v\n%s", <-r.ended, r.out)
	}
	t.Cleanup(func() {
		stop()
		if err := <-r.ended; err != nil || exists(r.CA) || exists(r.ready) {
			t.Errorf("run: %v; the CA exists: %t; the ready file exists: %t", err, exists(r.CA), exists(r.ready))
		}
	})
	text, err := os.ReadFile(r.ready)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r.vaultAddresses); err != nil {
		t.Fatal(err)
	}
	return r
}

// transport returns one that uses the proxy, and trusts the CA at caURL.
func (r *vaultRun) transport(t *testing.T) *http.Client {
	t.Helper()
	roots, proxy := x509.NewCertPool(), must(url.Parse(r.Proxy))
	if !roots.AppendCertsFromPEM(get(t, r.CAURL)) {
		t.Fatal("there is no certificate at " + r.CAURL)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// secrets returns Microsoft's client for a vault, signed in as the ready file says.
func (r *vaultRun) secrets(t *testing.T, vault string) *azsecrets.Client {
	t.Helper()
	options := azcore.ClientOptions{Transport: r.transport(t), Retry: policy.RetryOptions{MaxRetries: -1}}
	credential := must(azidentity.NewClientSecretCredential(r.Client.TenantID, r.Client.ClientID, r.Client.ClientSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: options}))
	return must(azsecrets.NewClient(vault, credential, &azsecrets.ClientOptions{ClientOptions: options}))
}

func must[T any](found T, err error) T {
	if err != nil {
		panic(err)
	}
	return found
}

func get(t *testing.T, address string) []byte {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s (%v)", address, response.Status, err)
	}
	return text
}

// set sets the secret db.
func set(t *testing.T, client *azsecrets.Client, value string) {
	t.Helper()
	if _, err := client.SetSecret(t.Context(), "db", azsecrets.SetSecretParameters{Value: &value}, nil); err != nil {
		t.Fatal(err)
	}
}

// value returns the latest value of the secret db, or the code of the vault's refusal.
func value(t *testing.T, client *azsecrets.Client) string {
	t.Helper()
	found, err := client.GetSecret(t.Context(), "db", "", nil)
	if refused, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return refused.ErrorCode
	}
	if err != nil {
		t.Fatal(err)
	}
	return *found.Value
}

// fails returns the error of a run that must not start. One that does is stopped after a while.
func fails(t *testing.T, args ...string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	return run(ctx, args, io.Discard, io.Discard)
}

func TestTheVaultAlone(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // neither go nor the repository is needed
	t.Chdir(t.TempDir())
	r := startVault(t)
	client, other := r.secrets(t, r.Vault), r.secrets(t, "https://other.vault.azure.net")
	set(t, client, "canary-first")
	set(t, client, "canary-second")
	if here, there := value(t, client), value(t, other); here != "canary-second" || there != "SecretNotFound" {
		t.Errorf("found %q here and %q in another vault", here, there)
	}
	var state standin.State
	if err := json.Unmarshal(get(t, r.Control), &state); err != nil || state.Vault.Calls["set"] != 2 {
		t.Errorf("the control endpoint has %+v (%v)", state, err)
	}
	if text := r.out.String(); strings.Contains(text, "canary") || strings.Contains(text, r.Client.ClientSecret) || strings.Contains(text, r.IdentityHeader) {
		t.Errorf("the output shows a secret:\n%s", text)
	}
	if got := (&wiretest.App{URL: r.Control}).Do(t, http.MethodPost, "/stop", ""); got.Status != http.StatusAccepted {
		t.Error(got)
	}
}

func TestAFaultOfTheVaultAlone(t *testing.T) {
	r := startVault(t)
	got := (&wiretest.App{URL: r.Control}).Do(t, http.MethodPut, "", `{"vault":{"calls":[{"kind":"throttle","times":1}]}}`)
	if got.Status != http.StatusOK {
		t.Fatal(got)
	}
	client := r.secrets(t, r.Vault)
	if first, second := value(t, client), value(t, client); first != "Throttled" || second != "SecretNotFound" {
		t.Errorf("found %q, then %q", first, second)
	}
}

// A container's port may be mapped to another.
func TestTheAddressesAreThoseThatTheCallerUses(t *testing.T) {
	r := startVault(t)
	request := must(http.NewRequest(http.MethodGet, r.Proxy+"/ready.json", nil))
	request.Host = "docker.test:49153"
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var found vaultAddresses
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	const door = "http://docker.test:49153"
	want := r.vaultAddresses
	want.Proxy, want.CAURL, want.IdentityEndpoint, want.Control = door, door+"/ca.pem", door+"/msi/token", door+"/control"
	if found != want {
		t.Errorf("found %+v, want %+v", found, want)
	}
}

func TestSeeds(t *testing.T) {
	file, data := filepath.Join(t.TempDir(), "seed.json"), t.TempDir()
	seed := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seed(`{"db": "canary-first", "api": {"value": "canary-api", "tags": {"team": "a"}}}`)
	t.Run("first run", func(t *testing.T) {
		r := startVault(t, "-seed", file, "-data", data)
		client := r.secrets(t, r.Vault)
		found, err := client.GetSecret(t.Context(), "api", "", nil)
		if err != nil || *found.Value != "canary-api" || *found.Tags["team"] != "a" {
			t.Errorf("found %+v (%v)", found, err)
		}
		set(t, client, "canary-second")
	})
	t.Run("second run, which leaves what there is", func(t *testing.T) {
		r := startVault(t, "-seed", file, "-data", data)
		if found := value(t, r.secrets(t, r.Vault)); found != "canary-second" {
			t.Errorf("db is %q", found)
		}
	})
	t.Run("a deleted secret does not prevent the third run", func(t *testing.T) {
		r := startVault(t, "-seed", file, "-data", data)
		if _, err := r.secrets(t, r.Vault).DeleteSecret(t.Context(), "db", nil); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("the fourth run, which leaves it deleted", func(t *testing.T) {
		r := startVault(t, "-seed", file, "-data", data)
		if found := value(t, r.secrets(t, r.Vault)); found != "SecretNotFound" {
			t.Errorf("db is %q", found)
		}
	})
	for text, want := range map[string]string{
		`[`:                             "not a JSON object",
		`null`:                          "not a JSON object",
		`{"db": "canary"`:               "not a JSON object",
		`{"db": "canary"} {}`:           "not a JSON object",
		`{"db": canary}`:                "not a JSON object",
		`{"": "canary"}`:                `"" can't be the name`,
		`{"a/b": "canary"}`:             `"a/b" can't be the name`,
		`{"db": "canary", "db": ""}`:    `the name "db" occurs twice`,
		`{"db": "canary", "DB": ""}`:    `the name "DB" occurs twice`,
		`{"db": null}`:                  "db is neither a text nor an object",
		`{"db": 1}`:                     "db is neither a text nor an object",
		`{"db": {"value": 1}}`:          "refuses db with 400",
		`{"d_b": "canary-of-the-seed"}`: `"d_b" can't be the name`,
	} {
		seed(text)
		err := fails(t, "-only", "vault", "-addr", "127.0.0.1:0", "-seed", file)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestEventsOfTheVaultAlone(t *testing.T) {
	for schema, field := range map[string]string{"eventgrid": "eventType", "cloudevents": "type"} {
		t.Run(schema, func(t *testing.T) {
			received := make(chan map[string]any, 10)
			webhook := httptest.NewServer(hook(received))
			defer webhook.Close()
			at := strings.Replace(webhook.URL, "//", "//user:canary-password@", 1) + "/in?code=canary-key"
			r := startVault(t, "-events", at, "-events-schema", schema)
			set(t, r.secrets(t, r.Vault), "canary-value")
			event := <-received
			data, _ := event["data"].(map[string]any)
			if event[field] != keyvault.SecretNewVersionCreated || data["ObjectName"] != "db" || data["VaultName"] != "contoso" {
				t.Errorf("received %v", event)
			}
			if text := r.out.String(); !strings.Contains(text, webhook.URL+"/in ("+schema+")") || strings.Contains(text, "canary") {
				t.Errorf("the output has\n%s", text)
			}
		})
	}
}

// hook is a webhook as a test of somebody else has it.
func hook(received chan<- map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "code=canary-key" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("WebHook-Allowed-Origin", r.Header.Get("WebHook-Request-Origin"))
		text, _ := io.ReadAll(r.Body)
		var events []map[string]any
		if json.Unmarshal(text, &events) != nil {
			var event map[string]any
			if json.Unmarshal(text, &event) != nil {
				return // the handshake of CloudEvents
			}
			events = append(events, event)
		}
		if r.Header.Get("Aeg-Event-Type") == "SubscriptionValidation" {
			data, _ := events[0]["data"].(map[string]any)
			_ = json.NewEncoder(w).Encode(map[string]any{"validationResponse": data["validationCode"]})
			return
		}
		received <- events[0]
	}
}

func TestAWebhookThatDoesNotConsentStopsTheStart(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	webhook := httptest.NewServer(http.NotFoundHandler())
	defer webhook.Close()
	err := fails(t, "-only", "vault", "-addr", "127.0.0.1:0", "-events", webhook.URL+"?code=canary")
	if err == nil || !strings.Contains(err.Error(), "returned 404 to the handshake") || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), folderPattern)); len(left) > 0 {
		t.Error(left)
	}
}

func TestFlagsThatDoNotFitTheVaultAlone(t *testing.T) {
	for text, want := range map[string]string{
		"-only app":                                             "the only value is vault",
		"-only vault -quickstart=false":                         "-quickstart is for the app",
		"-only vault -host func":                                "-host is for the app",
		"-only vault -set A=b":                                  "-set is for the app",
		"-only vault -keys":                                     "-keys is for the app",
		"-only vault -sign-in tokens":                           "-sign-in is for the app",
		"-only vault -sqlserver 127.0.0.1:0":                    "-sqlserver is for the app",
		"-events http://hook.test":                              "-events needs -only vault",
		"-seed a.json":                                          "-seed needs -only vault",
		"-only vault -events-schema cloudevents":                "-events-schema needs -events",
		"-only vault -events hook":                              "must be an http or https URL",
		"-only vault -events 127.0.0.1:80/in?code=canary":       "must be an http or https URL",
		"-only vault -vault a_b":                                "3 to 24 letters",
		"-only vault -vault a.b":                                "3 to 24 letters",
		"-only vault -events-schema x -events http://hook.test": "use eventgrid or cloudevents",
		"-only vault -seed /nowhere/seed.json":                  "no such file",
		"-only vault -retention-days 3":                         "Key Vault allows 7 to 90",
	} {
		err := fails(t, strings.Fields(text)...)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
