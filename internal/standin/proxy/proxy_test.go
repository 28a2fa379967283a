package proxy_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/freeport"
	"rotunda/internal/standin/ca"
	"rotunda/internal/standin/proxy"
)

func TestARealNameLeadsToTheStandIn(t *testing.T) {
	p, client := newProxiedClient(t)
	for _, host := range []string{"contoso.vault.azure.net", "Contoso.Vault.Azure.Net", "fabrikam.vault.azure.cn"} {
		response, err := client.Get("https://" + host + "/hello")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if want := host + "/hello over HTTP/2.0"; !strings.EqualFold(string(body), want) {
			t.Errorf("%s returned %q, want %q", host, body, want)
		}
	}
	if connected := p.Counts().Connected; connected["contoso.vault.azure.net:443"] == 0 || connected["fabrikam.vault.azure.cn:443"] != 1 {
		t.Errorf("the CONNECTs were counted as %v", connected)
	}
}

func TestEveryOtherHostIsRefused(t *testing.T) {
	p, address := serveProxy(t, "127.0.0.1:1")
	refused := map[string]int64{}
	for _, target := range []string{
		"login.microsoftonline.com:443", "vault.azure.net:443", ".vault.azure.net:443", "a.b.vault.azure.net:443",
		"evilvault.azure.net:443", "contoso.vault.azure.net.example.com:443", "contoso.vault.azure.net:80",
		"contoso.vault.azure.net:8443", "127.0.0.1:443", "[::1]:443",
	} {
		status, body := connect(t, address, target)
		if status != http.StatusForbidden || !strings.Contains(body, target) || !strings.Contains(body, "*.vault.azure.net") {
			t.Errorf("CONNECT %s: %d %q, want a 403 that names it and what is allowed", target, status, body)
		}
		refused[target] = 1
	}
	if diff := cmp.Diff(proxy.Counts{Connected: map[string]int64{}, Refused: refused}, p.Counts()); diff != "" {
		t.Errorf("counts (-want +found):\n%s", diff)
	}
	p.ResetCounts()
	if counts := p.Counts(); len(counts.Refused) != 0 {
		t.Errorf("after a reset the counts are %v", counts)
	}
}

func TestAClientSeesWhyAHostIsRefused(t *testing.T) {
	_, client := newProxiedClient(t)
	_, err := client.Get("https://login.microsoftonline.com/") //nolint:bodyclose // there is none: it fails
	if err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Errorf("the error is %v, want that of a 403", err)
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	_, address := serveProxy(t, "127.0.0.1:1")
	response, err := http.Get("http://" + address + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != http.MethodConnect {
		t.Errorf("GET returned %d with Allow %q", response.StatusCode, response.Header.Get("Allow"))
	}
}

func TestASilentStandInIsABadGateway(t *testing.T) {
	_, address := serveProxy(t, freeAddress(t))
	status, body := connect(t, address, "contoso.vault.azure.net:443")
	if status != http.StatusBadGateway || !strings.Contains(body, "still running") {
		t.Errorf("CONNECT returned %d %q, want a 502 with a question", status, body)
	}
}

func TestAHostThatWasAddedIsAllowedUnderItsWholeNameOnly(t *testing.T) {
	p, address := serveProxy(t, "127.0.0.1:1")
	if err := p.Add("Login.MicrosoftOnline.com", freeAddress(t)); err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]int{
		"login.microsoftonline.com:443":   http.StatusBadGateway, // allowed, but nothing listens
		"a.login.microsoftonline.com:443": http.StatusForbidden, "microsoftonline.com:443": http.StatusForbidden,
		"login.microsoftonline.com:80": http.StatusForbidden,
	} {
		if status, body := connect(t, address, target); status != want {
			t.Errorf("CONNECT %s: %d %q, want %d", target, status, body, want)
		}
	}
	for host, address := range map[string]string{".suffix.net": "127.0.0.1:1", "host:443": "127.0.0.1:1", "": "127.0.0.1:1", "host": "127.0.0.1"} {
		if err := p.Add(host, address); err == nil {
			t.Errorf("%s → %s was accepted", host, address)
		}
	}
}

func TestBadRoutesAreErrors(t *testing.T) {
	for suffix, address := range map[string]string{
		"vault.azure.net": "127.0.0.1:1", ".vault.azure.net:443": "127.0.0.1:1", ".vault.azure.net": "127.0.0.1",
	} {
		if _, err := proxy.New(proxy.Options{Routes: map[string]string{suffix: address}}); err == nil {
			t.Errorf("the route %s → %s was accepted", suffix, address)
		}
	}
}

func TestEachConnectIsLogged(t *testing.T) {
	var text bytes.Buffer
	p, err := proxy.New(proxy.Options{Logger: slog.New(slog.NewTextHandler(&text, nil))})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodConnect, "/", nil)
	request.Host = "example.com:443"
	p.ServeHTTP(httptest.NewRecorder(), request)
	if line := text.String(); !strings.Contains(line, "target=example.com:443 connected=false") {
		t.Errorf("the log is %q", line)
	}
}

// newProxiedClient returns a client that goes through a proxy to an https server, which returns
// what was requested.
func newProxiedClient(t *testing.T) (*proxy.Proxy, *http.Client) {
	t.Helper()
	a, err := ca.New()
	if err != nil {
		t.Fatal(err)
	}
	p, address := serveProxy(t, serveTLS(t, a))
	transport := &http.Transport{
		Proxy:             http.ProxyURL(&url.URL{Scheme: "http", Host: address}),
		TLSClientConfig:   &tls.Config{RootCAs: a.Pool(), MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return p, &http.Client{Transport: transport}
}

func serveTLS(t *testing.T, a *ca.CA) (address string) {
	t.Helper()
	certificate, err := a.Certificate("*.vault.azure.net", "*.vault.azure.cn")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Host+r.URL.Path+" over "+r.Proto)
	}))
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func serveProxy(t *testing.T, standIn string) (*proxy.Proxy, string) {
	t.Helper()
	p, err := proxy.New(proxy.Options{Routes: map[string]string{".vault.azure.net": standIn, ".vault.azure.cn": standIn}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(p)
	t.Cleanup(func() { _ = p.Close(); server.Close() })
	return p, server.Listener.Addr().String()
}

// freeAddress returns an address where nothing listens until the test ends.
func freeAddress(t *testing.T) string {
	t.Helper()
	port, release, err := freeport.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}
