package signin_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rotunda/internal/access/signin"
)

// TestOverTLS signs in with keys that a real server sends, through the client's own limits.
func TestOverTLS(t *testing.T) {
	var elsewhere atomic.Int32
	evil := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer evil.Close()
	var keys http.HandlerFunc
	mux := http.NewServeMux()
	server := httptest.NewTLSServer(mux)
	defer server.Close()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie")+r.Header.Get("Authorization") != "" {
			t.Errorf("the app sends %v", r.Header)
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		says(map[string]any{"issuer": server.URL, "jwks_uri": server.URL + "/keys"})(w, r)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) { keys(w, r) })

	for name, row := range map[string]struct {
		keys   http.HandlerFunc
		reason string
	}{
		"keys": {says(keySet(first())), ""},
		"a redirect to another server": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, evil.URL, http.StatusTemporaryRedirect)
		}, "redirects"},
		"an answer without an end": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat(" ", 1<<16)); err != nil {
					return
				}
			}
		}, "answers more than 256 KB"},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"keys":`)
		}, "unexpected EOF"},
	} {
		keys = row.keys
		client := server.Client()
		client.Timeout = 5 * time.Second
		c := config(entra(), io.Discard)
		c.Client, c.Tenants, c.Issuers = client, []string{tenant}, trust(t, server.URL)
		tokens := newFrom(t, c)
		caller, err := tokens.SignIn(request(first().token(workflow(map[string]any{"iss": server.URL}))))
		if row.reason == "" && (err != nil || caller.Principal != "github:contoso/shop:refs/heads/main") {
			t.Errorf("%s: %v, %v", name, caller, err)
		}
		if row.reason == "" {
			continue
		}
		if !isUnavailable(err) {
			t.Errorf("%s: %v, %v", name, caller, err)
		}
		if err := tokens.WarmUp(t.Context()); err == nil || !strings.Contains(err.Error(), row.reason) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if elsewhere.Load() != 0 {
		t.Errorf("another server was asked %d times", elsewhere.Load())
	}
}

func trust(t *testing.T, issuer string) []signin.TrustedIssuer {
	t.Helper()
	all, err := signin.ParseTrustedIssuers(`[{"issuer": "` + issuer + `", "audience": "` + audience + `", "principal": "github:{repository}:{ref}"}]`)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A cluster whose discovery document names an address that only the cluster can reach has its
// keys' address in the settings.
func TestTheAddressOfKeysInTheSettings(t *testing.T) {
	const cluster, address = "https://kubernetes.default.svc", "https://keys.contoso.com/cluster"
	from := entra()
	from.handle(address, says(keySet(curve())))
	c := config(from, io.Discard)
	var err error
	c.Issuers, err = signin.ParseTrustedIssuers(`[{"issuer": "` + cluster + `", "audience": "` + audience + `", "principal": "k8s:{sub}", "jwksUri": "` + address + `"}]`)
	if err != nil {
		t.Fatal(err)
	}
	token := curve().token(workflow(map[string]any{"iss": cluster, "sub": "system:serviceaccount:payments:worker"}))
	caller, err := newFrom(t, c).SignIn(request(token))
	if err != nil || caller.String() != "k8s:system:serviceaccount:payments:worker" || from.count(cluster+"/.well-known/openid-configuration") != 0 {
		t.Errorf("%v, %v", caller, err)
	}
}
