package functions_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/standin/host"
	"rotunda/internal/wiretest"
)

// An older host cuts the path at an encoded # or ?, so that the key of one function would open
// another. The app refuses such a host.
func TestAHostThatForwardsIsRefused(t *testing.T) {
	keys := &host.Keys{Host: map[string]string{"default": "host-key"}, Functions: map[string]map[string]string{}}
	for _, function := range []string{"rotatesecret", "backupsecret", "resumerotation", "listsecretversions"} {
		keys.Functions[function] = map[string]string{"one": "one-key"}
	}
	for mode, served := range map[host.Mode]bool{host.Newer: true, host.Older: false} {
		app := wiretest.Start(t, wiretest.Options{Keys: keys, Mode: mode})
		put := app.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`, "x-functions-key: host-key")
		if (put.Status == http.StatusOK) != served {
			t.Errorf("mode %d: set: %v", mode, put)
		}
		for _, request := range []struct{ method, path string }{
			{http.MethodPost, "/secrets/batch-get%23/rotate"},
			{http.MethodPost, "/secrets/batch-get%3F/rotate"},
			{http.MethodPost, "/secrets/batch-get%23/backup"},
			{http.MethodPost, "/secrets/batch-get%23/rotation/resume"},
			{http.MethodPost, "/secrets/restore%23/rotate"},
			{http.MethodGet, "/secrets/a%23/versions"},
		} {
			got := app.Do(t, request.method, request.path, batch("a"), "x-functions-key: one-key")
			if strings.Contains(got.Body, "canary") || got.Status == http.StatusOK && request.method == http.MethodPost {
				t.Errorf("mode %d: %s %s: %v", mode, request.method, request.path, got)
			}
			if !served && (got.Status != http.StatusNotImplemented || !strings.Contains(got.Body, "enableProxyingHttpRequest")) {
				t.Errorf("mode %d: %s %s: %v, want 501 with the remedy", mode, request.method, request.path, got)
			}
		}
	}
}

// A caller by another name than the app's own stays with that name on the next page.
func TestLinksKeepTheCallersHost(t *testing.T) {
	for _, row := range []struct{ setting, want string }{
		{"", "://kv.bank.example/api/secrets?"},
		{"PUBLIC_URL=https://gw.bank.example", `"https://gw.bank.example/api/secrets?`},
		{"PUBLIC_URL=https://gw.bank.example/kv/", `"https://gw.bank.example/kv/secrets?`},
		{"PUBLIC_URL=https://gw.bank.example/a%2Fb", `"https://gw.bank.example/a%2Fb/secrets?`},
		{"PUBLIC_URL=https://gw.bank.example/", `"https://gw.bank.example/secrets?`},
	} {
		app := wiretest.Start(t, wiretest.Options{Env: []string{"WEBSITE_HOSTNAME=app.azurewebsites.net", row.setting}})
		for i := range 2 {
			set(t, app, fmt.Sprintf("a-%d", i), "a")
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, app.URL+"/secrets?maxresults=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "kv.bank.example"
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || !strings.Contains(string(body), row.want) {
			t.Errorf("%s: %s, %v; want %s", row.setting, body, err, row.want)
		}
	}
}
