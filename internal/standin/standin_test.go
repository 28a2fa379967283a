package standin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/google/go-cmp/cmp"

	"rotunda/internal/standin"
)

func TestTheRealClientWorksWithTheSettingsAlone(t *testing.T) {
	azure := start(t)
	client := newClient(t, azure, "contoso")
	value := "s3cr3t"
	if _, err := client.SetSecret(t.Context(), "db", azsecrets.SetSecretParameters{Value: &value}, nil); err != nil {
		t.Fatal(err)
	}
	got, err := client.GetSecret(t.Context(), "db", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if *got.Value != value || !strings.HasPrefix(string(*got.ID), "https://contoso.vault.azure.net/secrets/db/") {
		t.Errorf("the secret is %q with id %s", *got.Value, *got.ID)
	}
}

func TestEachNameIsItsOwnVault(t *testing.T) {
	azure := start(t)
	value := "s3cr3t"
	if _, err := newClient(t, azure, "contoso").SetSecret(t.Context(), "db", azsecrets.SetSecretParameters{Value: &value}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := newClient(t, azure, "fabrikam").GetSecret(t.Context(), "db", "", nil); err == nil {
		t.Error("another vault has the secret too")
	}
}

func TestTheStateShowsWhatHappenedUntilReset(t *testing.T) {
	azure := start(t)
	value := "s3cr3t"
	if _, err := newClient(t, azure, "contoso").SetSecret(t.Context(), "db", azsecrets.SetSecretParameters{Value: &value}, nil); err != nil {
		t.Fatal(err)
	}
	state := azure.State()
	if state.TokenRequests != 1 || state.TLSConnections != 1 || state.Vault.Challenges != 1 {
		t.Errorf("one set took %d tokens, %d connections and %d challenges, want one of each",
			state.TokenRequests, state.TLSConnections, state.Vault.Challenges)
	}
	if diff := cmp.Diff(map[string]int64{"set": 1}, state.Vault.Calls); diff != "" {
		t.Errorf("calls (-want +found):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int64{"contoso.vault.azure.net:443": 1}, state.Proxy.Connected); diff != "" {
		t.Errorf("connected (-want +found):\n%s", diff)
	}
	if err := azure.Reset(); err != nil {
		t.Fatal(err)
	}
	state = azure.State()
	if state.TokenRequests != 0 || state.TLSConnections != 0 || state.Vault.Challenges != 0 || len(state.Vault.Calls) != 0 || len(state.Proxy.Connected) != 0 {
		t.Errorf("after a reset the state is %+v", state)
	}
}

func TestADataFolderKeepsTheVaults(t *testing.T) {
	data := filepath.Join(t.TempDir(), "new", "data")
	value := "s3cr3t"
	first := startWith(t, standin.Options{DataDir: data})
	if _, err := newClient(t, first, "contoso").SetSecret(t.Context(), "db", azsecrets.SetSecretParameters{Value: &value}, nil); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := newClient(t, startWith(t, standin.Options{DataDir: data}), "contoso").GetSecret(t.Context(), "db", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if *got.Value != value {
		t.Errorf("after a restart the value is %q", *got.Value)
	}
}

func TestARetentionAndALatencyAreTheVaults(t *testing.T) {
	azure := startWith(t, standin.Options{RetentionDays: 7, VaultLatency: 30 * time.Millisecond})
	client := newClient(t, azure, "contoso")
	value, began := "s3cr3t", time.Now()
	set, err := client.SetSecret(t.Context(), "db", azsecrets.SetSecretParameters{Value: &value}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("a call took %v, with a latency of 30ms", took)
	}
	if days := *set.Attributes.RecoverableDays; days != 7 {
		t.Errorf("a secret is recoverable for %d days, want 7", days)
	}
	if err := azure.SetFaults(standin.Faults{}); err != nil || azure.Vault().Faults().Latency == 0 {
		t.Errorf("clearing the faults removed the latency (%v)", err)
	}
}

func TestWhatCannotStartIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string]standin.Options{
		"a folder that is missing":        {Dir: filepath.Join(t.TempDir(), "missing")},
		"a data folder that is a file":    {Dir: t.TempDir(), DataDir: file},
		"a retention that is not allowed": {Dir: t.TempDir(), RetentionDays: 3},
	} {
		if azure, err := standin.Start(options); err == nil {
			_ = azure.Close()
			t.Errorf("%s: it started", name)
		}
	}
}

func startWith(t *testing.T, options standin.Options) *standin.Azure {
	t.Helper()
	options.Dir = t.TempDir()
	azure, err := standin.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = azure.Close() })
	return azure
}

// newClient returns Microsoft's client with the settings of Env, and default options except for
// proxy and CA.
func newClient(t *testing.T, azure *standin.Azure, name string) *azsecrets.Client {
	t.Helper()
	settings := map[string]string{}
	for _, setting := range azure.Env(name) {
		key, value, _ := strings.Cut(setting, "=")
		settings[key] = value
	}
	transport := newTransport(t, settings["KEY_VAULT_CA_FILE"], settings["HTTPS_PROXY"])
	credential := appService{settings["IDENTITY_ENDPOINT"], settings["IDENTITY_HEADER"]}
	client, err := azsecrets.NewClient("https://"+settings["KEY_VAULT_NAME"]+".vault.azure.net", credential, &azsecrets.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: &http.Client{Transport: transport}, Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// newTransport returns a transport that also speaks HTTP/2.
func newTransport(t *testing.T, caFile, proxy string) *http.Transport {
	t.Helper()
	transport, err := standin.Transport(caFile, proxy)
	if err != nil {
		t.Fatal(err)
	}
	transport.ForceAttemptHTTP2 = true
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// appService gets tokens as documented for App Service. azidentity's credential can't be used
// here, as it caches one token for all stand-ins of a process; package conformance uses it.
type appService struct{ endpoint, header string }

func (c appService) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	query := url.Values{"api-version": {"2019-08-01"}, "resource": {strings.TrimSuffix(options.Scopes[0], "/.default")}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.endpoint+"?"+query.Encode(), nil)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	request.Header.Set("X-IDENTITY-HEADER", c.header)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Token string `json:"access_token"`
	}
	err = json.NewDecoder(response.Body).Decode(&answer)
	return azcore.AccessToken{Token: answer.Token, ExpiresOn: time.Now().Add(time.Hour)}, err
}
