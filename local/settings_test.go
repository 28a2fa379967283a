package main

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/wiretest"
)

// chdir changes to a new folder with a local.settings.json. It is below this one, because the run
// builds the module of the current folder.
func chdir(t *testing.T, settings string) {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(here, "test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.WriteFile(filepath.Join(dir, settingsFile), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
}

func TestAppSettings(t *testing.T) {
	t.Setenv("ROTATION_GRACE", "from the shell, and not valid")
	chdir(t, "\xef\xbb\xbf"+`{ // as Core Tools accept it
		"IsEncrypted": false,
		"Values": {"KEY_VAULT_NAME": "elsewhere", "HTTPS_PROXY": "http://127.0.0.1:1", "SECRET_CACHE_TTL": "0", "ROTATION_COOLDOWN": "never", "LOG_LEVEL": "warn"},
	}`)
	found, out := start(t, "-quickstart=false", "-set", "ROTATION_COOLDOWN=20m", "-set", "ROTATION_GRACE=20s")
	app := wiretest.App{URL: found.App}
	app.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`)
	for range 2 {
		app.Do(t, http.MethodGet, "/secrets/a", "")
	}
	control := wiretest.App{URL: found.Control}
	if got := control.Do(t, http.MethodGet, "/", ""); !strings.Contains(got.Body, `"get": 2`) {
		t.Errorf("SECRET_CACHE_TTL=0 did not reach the app: %s", got)
	}
	for _, want := range []string{"Not passed on from your environment: ROTATION_GRACE", "come from local.settings.json too"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}

func TestAWrongAppSettingIsReported(t *testing.T) {
	err := run(t.Context(), []string{"-addr", "127.0.0.1:0", "-set", "SECRET_CACHE_TTL=soon"}, &strings.Builder{}, &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "SECRET_CACHE_TTL is \\\"soon\\\"") {
		t.Errorf("got %v", err)
	}
}

func TestSettingsThatCantBeSet(t *testing.T) {
	for text, want := range map[string]string{
		"ROTATION_GRACE": "NAME=VALUE", "=x": "NAME=VALUE", "A B=x": "NAME=VALUE",
		"KEY_VAULT_URL=https://real.vault.azure.net": "use -vault", "azure_client_id=x": "sets azure_client_id itself", "HTTPS_PROXY=x": "itself",
		"ROTATION_LOCK_ACCOUNT=x": "itself", "SIGN_IN=tokens": "-sign-in", "AUDIT_ACCOUNT=x": "itself",
	} {
		err := run(t.Context(), []string{"-set", text}, &strings.Builder{}, &strings.Builder{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestWrongSettingsFiles(t *testing.T) {
	for text, want := range map[string]string{
		`{"Values":{"A":1}}`:                  "not JSON with text values",
		`{`:                                   "not JSON",
		`{"IsEncrypted":true,"Values":{}}`:    "func settings decrypt",
		`{"IsEncrypted":false,"Values":null}`: "",
	} {
		file := filepath.Join(t.TempDir(), settingsFile)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readSettingsFile(file)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestTheEnvironmentThatTheAppGets(t *testing.T) {
	kept, ignored := environment([]string{
		"PATH=/bin", "AZURE_CLIENT_SECRET=x", "KEY_VAULT_CALLS_PER_SECOND=1", "https_proxy=x", "NO_PROXY=x", "MSI_SECRET=x", "ROTATION_GRACE=1s", "OTEL_SERVICE_NAME=x",
	})
	if !slices.Equal(kept, []string{"PATH=/bin", "OTEL_SERVICE_NAME=x"}) || !slices.Equal(ignored, []string{"ROTATION_GRACE"}) {
		t.Errorf("kept %q, ignored %q", kept, ignored)
	}
}
