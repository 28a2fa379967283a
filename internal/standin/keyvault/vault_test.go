package keyvault_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"rotunda/internal/standin/identity"
	"rotunda/internal/standin/keyvault"
)

const contoso = "https://contoso.vault.azure.net"

// tenant is shared by all tests, as its key takes time to create.
var tenant = sync.OnceValue(func() *identity.Server {
	s, err := identity.New(identity.Options{})
	if err != nil {
		panic(err)
	}
	return s
})

// standin is the server under test, behind TLS, and a client that connects to it for every host
// name.
type standin struct {
	*keyvault.Server
	client *http.Client
	token  string
}

func start(t *testing.T, opts keyvault.Options) *standin {
	t.Helper()
	if opts.Tenant == "" {
		opts.Tenant = tenant().Tenant()
	}
	if opts.Check == nil {
		opts.Check = tenant().Verifier(keyvault.Resource)
	}
	vaults, err := keyvault.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(vaults)
	t.Cleanup(func() {
		server.Close()
		if err := vaults.Close(); err != nil {
			t.Error(err)
		}
	})
	return &standin{vaults, clientOf(t, server), goodToken(t)}
}

func clientOf(t *testing.T, server *httptest.Server) *http.Client {
	t.Helper()
	transport := &http.Transport{
		MaxIdleConnsPerHost: 100, // otherwise many callers spend their time on handshakes
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the test server's certificate is for example.com
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func goodToken(t *testing.T) string {
	t.Helper()
	token, err := tenant().Token(keyvault.Resource)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (s *standin) setFaults(t *testing.T, f keyvault.Faults) {
	t.Helper()
	if err := s.SetFaults(f); err != nil {
		t.Fatal(err)
	}
}

// reply is a response with its body decoded.
type reply struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// do sends a signed-in request to a path of contoso, or to an absolute URL; the api-version is
// added if there is none.
func (s *standin) do(t *testing.T, method, path, body string) reply {
	t.Helper()
	got, err := s.try(t.Context(), method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (s *standin) try(ctx context.Context, method, path, body string) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, method, address(path), bytes.NewReader([]byte(body)))
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	return s.send(r)
}

func (s *standin) send(r *http.Request) (reply, error) {
	answer, err := s.client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return reply{}, err
	}
	got := reply{status: answer.StatusCode, header: answer.Header, text: string(raw)}
	if len(raw) > 0 {
		err = json.Unmarshal(raw, &got.body)
	}
	return got, err
}

func address(path string) string {
	if !strings.HasPrefix(path, "https://") {
		path = contoso + path
	}
	if strings.Contains(path, "api-version") {
		return path
	}
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + "api-version=7.6"
}

// code returns an error's outer code, followed by a slash and the inner one if there is one.
func (r reply) code() string {
	failure, _ := r.body["error"].(map[string]any)
	code, _ := failure["code"].(string)
	if inner, ok := failure["innererror"].(map[string]any); ok {
		code += "/" + inner["code"].(string)
	}
	return code
}

func (r reply) message() string {
	failure, _ := r.body["error"].(map[string]any)
	message, _ := failure["message"].(string)
	return message
}

func (r reply) version() string {
	id, _ := r.body["id"].(string)
	return id[strings.LastIndex(id, "/")+1:]
}

// want fails the test if the response differs.
func (r reply) want(t *testing.T, status int, code string) reply {
	t.Helper()
	if r.status != status || r.code() != code {
		t.Fatalf("got %d %q, want %d %q: %s", r.status, r.code(), status, code, r.text)
	}
	return r
}
