package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rotunda/internal/wiretest"
)

// start runs the command until the test ends, and returns the content of its ready file.
func start(t *testing.T, args ...string) (addresses, *wiretest.Log) {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready.json")
	ctx, stop := context.WithCancel(t.Context())
	out, ended := &wiretest.Log{}, make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"-addr", "127.0.0.1:0", "-ready-file", ready}, args...), out, out)
	}()
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			return
		}
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	if !out.Await("Serving until Ctrl-C", ended) {
		t.Fatalf("run ended: %v\n%s", <-ended, out)
	}
	return readReady(t, ready), out
}

func readReady(t *testing.T, file string) (found addresses) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestQuickstart(t *testing.T) {
	t.Setenv("AZURE_CLIENT_ID", "11111111-1111-1111-1111-111111111111") // from the user's own shell
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	found, out := start(t)
	for _, want := range []string{"set     PUT", `get     GET`, `200  value "a round vault"`, "delete  DELETE", "200  deleted, recoverable until", "404  SecretNotFound", "200  closed, next due ", `200  value "the first value"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	for _, address := range []string{found.App + "/health", found.Control} {
		response, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", address, response.Status)
		}
	}
	if _, err := os.Stat(found.CA); err != nil || found.Vault != "https://contoso.vault.azure.net" || found.IdentityHeader == "" {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestOnAllAddresses(t *testing.T) {
	found, _ := start(t, "-addr", ":0", "-quickstart=false")
	if !strings.HasPrefix(found.App, "http://localhost:") {
		t.Errorf("the app is at %s", found.App)
	}
	app := wiretest.App{URL: found.App}
	for _, name := range []string{"a", "b"} {
		app.Do(t, http.MethodPut, "/secrets/"+name, `{"value":"canary-x"}`)
	}
	if got := app.Do(t, http.MethodGet, "/secrets?maxresults=1", ""); !strings.Contains(got.Body, `"nextLink":"`+found.App+"/secrets?") {
		t.Error(got)
	}
}

func TestDataOutlivesTheRun(t *testing.T) {
	data := t.TempDir()
	t.Run("first", func(t *testing.T) {
		found, _ := start(t, "-data", data, "-vault", "fabrikam", "-retention-days", "7")
		app := wiretest.App{URL: found.App}
		app.Do(t, http.MethodPut, "/secrets/kept", `{"value":"canary-kept"}`)
	})
	t.Run("second", func(t *testing.T) { // its quickstart finds the name soft-deleted
		found, _ := start(t, "-data", data, "-vault", "fabrikam")
		app := wiretest.App{URL: found.App}
		if got := app.Do(t, http.MethodGet, "/secrets/kept", ""); !strings.Contains(got.Body, "canary-kept") {
			t.Error(got)
		}
	})
}

func TestErrorsAreOneSentence(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for name, row := range map[string]struct {
		args []string
		says string
	}{
		"a port in use":        {[]string{"-addr", taken.Addr().String()}, "choose another with -addr"},
		"days":                 {[]string{"-retention-days", "91"}, "Key Vault allows 7 to 90"},
		"a negative time":      {[]string{"-vault-latency", "-1s"}, "can't be negative"},
		"a strange host":       {[]string{"-host", "docker"}, "the only value is func"},
		"keys of Core Tools":   {[]string{"-host", "func", "-keys"}, "func start checks no keys"},
		"a strange sign-in":    {[]string{"-sign-in", "passwords"}, "use keys or tokens"},
		"keys and tokens":      {[]string{"-sign-in", "tokens", "-keys"}, "exclude each other"},
		"tokens of Core Tools": {[]string{"-sign-in", "tokens", "-host", "func"}, "omit -host"},
		"an argument":          {[]string{"now"}, `unexpected argument "now"`},
		"a vault that is not":  {[]string{"-addr", "127.0.0.1:0", "-vault", "a_b"}, "3 to 24"},
	} {
		err := run(t.Context(), row.args, &strings.Builder{}, &strings.Builder{})
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v, want %q", name, err, row.says)
		}
	}
}

func TestWithoutGoOrCoreTools(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := run(t.Context(), []string{"-addr", "127.0.0.1:0"}, &strings.Builder{}, &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "install Go") {
		t.Error(err)
	}
}
