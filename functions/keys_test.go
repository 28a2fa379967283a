package functions_test

import (
	"net/http"
	"testing"

	"rotunda/functions"
	"rotunda/internal/azfunc"
	"rotunda/internal/standin/host"
	"rotunda/internal/wiretest"
)

// The host uses the first match in the order of names, so the catch-all must come last. Only
// health and the description of the API are open to everyone.
func TestCatchAllSortsLastAndOnlyTwoFunctionsAreAnonymous(t *testing.T) {
	definitions, err := azfunc.LoadDefinitions(functions.Definitions)
	if err != nil {
		t.Fatal(err)
	}
	for i, definition := range definitions {
		trigger := definition.HTTP()
		if trigger == nil {
			continue
		}
		if last := i == len(definitions)-1; (trigger.Route == "{*path}") != last {
			t.Errorf("%s has the route %s, as number %d of %d", definition.Name, trigger.Route, i+1, len(definitions))
		}
		if want := map[bool]string{true: "anonymous", false: "function"}[definition.Name == "health" || definition.Name == "getopenapi"]; trigger.AuthLevel != want {
			t.Errorf("%s has the authLevel %s, want %s", definition.Name, trigger.AuthLevel, want)
		}
	}
}

// Each generation of hosts rewrites paths in a different way before it passes them to the handler.
// No rewritten path gives access without a key.
func TestRewrittenPathsOpenNothing(t *testing.T) {
	keys := &host.Keys{Host: map[string]string{"default": "host-key"}}
	for _, mode := range []host.Mode{host.Newer, host.Older} {
		app := wiretest.Start(t, wiretest.Options{Keys: keys, Mode: mode})
		app.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`, "x-functions-key: host-key")
		for _, path := range []string{
			"/secrets/a", "/secrets/a/%3Fx", "/secrets/a/%23x", "/secrets/a%3F/b/c", "/secrets/a%23/b/c", "/x/%2e%2e/secrets/a",
			"/x/%252e%252e/secrets/a", "/health/%252e%252e/secrets/a", "//secrets/a", "/./secrets/a", "/secrets%2Fa", "/health%3F/../secrets/a",
		} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
				if got := app.Do(t, method, path, ""); got.Status != http.StatusUnauthorized {
					t.Errorf("mode %d: %s %s: %v, want 401", mode, method, path, got)
				}
			}
		}
	}
}
