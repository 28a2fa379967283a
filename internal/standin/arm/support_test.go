package arm_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/standin"
	"rotunda/internal/standin/arm"
	"rotunda/internal/standin/entra"
)

// cloud is a running Azure with the examples, and a client that reaches it by its real host names.
type cloud struct {
	*standin.Azure
	http *http.Client
}

// directory is one tenant for all tests, as making its key takes long.
var directory = sync.OnceValues(func() (*entra.Directory, error) { return entra.New(entra.Options{}) })

func start(t *testing.T, options standin.Options) *cloud {
	t.Helper()
	tenant, err := directory()
	if err != nil {
		t.Fatal(err)
	}
	options.Dir, options.Directory = t.TempDir(), tenant
	azure, err := standin.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = azure.Close() })
	for _, id := range arm.Examples() {
		if err := azure.AddResource(id); err != nil {
			t.Fatal(err)
		}
	}
	return &cloud{azure, newClient(t, azure)}
}

func newClient(t *testing.T, azure *standin.Azure) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(azure.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	proxy, err := url.Parse(azure.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			if r.URL.Scheme == "http" { // the control endpoint
				return nil, nil
			}
			return proxy, nil
		},
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// options are those of Microsoft's clients: no retries, so that a test sees the first response.
func (c *cloud) options() azcore.ClientOptions {
	return azcore.ClientOptions{Transport: c.http, Retry: policy.RetryOptions{MaxRetries: -1}}
}

// GetToken issues a token of the app's identity.
func (c *cloud) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.Identity().Token(strings.TrimSuffix(options.Scopes[0], "/.default"))
	return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(time.Hour)}, err
}

// response is what a request was answered with.
type response struct {
	status int
	header http.Header
	body   string
}

// code returns the code of ARM's error JSON.
func (r response) code() string {
	var body struct{ Error struct{ Code string } }
	_ = json.Unmarshal([]byte(r.body), &body) // without JSON there is none
	return body.Error.Code
}

// values returns the texts of a JSON object.
func (r response) values(t *testing.T) map[string]string {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(r.body), &all); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	texts := map[string]string{}
	for name, value := range all {
		if text, ok := value.(string); ok {
			texts[name] = text
		}
	}
	return texts
}

// ask sends a request to Azure Resource Manager, signed in as the app's identity.
func (c *cloud) ask(t *testing.T, method, path, body string) response {
	t.Helper()
	token, err := c.Identity().Token("https://management.azure.com")
	if err != nil {
		t.Fatal(err)
	}
	return c.send(t, method, "https://management.azure.com"+path, body, "Authorization: Bearer "+token)
}

func (c *cloud) send(t *testing.T, method, address, body string, headers ...string) response {
	t.Helper()
	found, err := c.trySend(t.Context(), method, address, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (c *cloud) trySend(ctx context.Context, method, address, body string, headers ...string) (response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return response{}, err
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return response{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return response{answer.StatusCode, answer.Header, string(text)}, err
}

// keys returns the current keys of an example by their names.
func (c *cloud) keys(name string) map[string]string {
	found := map[string]string{}
	for _, key := range c.ARM().Keys(arm.Examples()[name]) {
		found[key.Name] = key.Value
	}
	return found
}

func replaceOnce(text, old, with string) string { return strings.Replace(text, old, with, 1) }

func (c *cloud) setFaults(t *testing.T, name string, faults arm.Faults) {
	t.Helper()
	if err := c.ARM().SetFaults(arm.Examples()[name], faults); err != nil {
		t.Fatal(err)
	}
}
