// Package clients_test runs the programs that read a secret, one in each language that Microsoft
// has a client for, and with curl.
package clients_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/needed"
	"rotunda/internal/standin"
	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

const value = "canary-of-the-payments"

// TestPrograms runs each program as a caller who may read the secret, and as one who may not.
func TestPrograms(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Tokens: true})
	if got := app.Do(t, "PUT", "/secrets/payments-db", `{"value":"`+value+`"}`, app.Authorization(t, "admin")); got.Status != 200 {
		t.Fatal(got)
	}
	for language, program := range map[string]func(*testing.T, *wiretest.App) *exec.Cmd{
		"Python": python, "JavaScript": javaScript, "Java": java, "Go": goProgram, "curl": curl,
	} {
		t.Run(language, func(t *testing.T) {
			prepared := program(t, app)
			for caller, want := range map[string]string{"reader": value, "nobody": "This rule would allow it"} {
				command := exec.CommandContext(t.Context(), prepared.Path, append(prepared.Args[1:], "payments-db")...)
				command.Dir = prepared.Dir
				command.Env = append(slices.Concat(os.Environ(), app.Azure.ClientEnv(), app.Callers[caller].Env(), prepared.Env),
					"KEY_VAULT_URL="+standin.AppURL, "ROTUNDA_URL="+standin.AppURL, "ROTUNDA_AUDIENCE="+standin.Audience)
				out, err := command.CombinedOutput()
				if !strings.Contains(string(out), want) || (err == nil) != (caller == "reader") {
					t.Errorf("as %s: %v\n%s", caller, err, out)
				}
			}
		})
	}
}

// TestCurlShowsWhySignInFailed runs the script with a client secret that is wrong.
func TestCurlShowsWhySignInFailed(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Tokens: true})
	command := curl(t, app)
	command.Args = append(command.Args, "payments-db")
	command.Env = append(slices.Concat(os.Environ(), app.Azure.ClientEnv(), app.Callers["reader"].Env()),
		"AZURE_CLIENT_SECRET=canary-wrong", "ROTUNDA_URL="+standin.AppURL, "ROTUNDA_AUDIENCE="+standin.Audience)
	out, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "invalid_client") || strings.Contains(string(out), "canary-wrong") {
		t.Errorf("%v\n%s", err, out)
	}
}

func python(t *testing.T, _ *wiretest.App) *exec.Cmd {
	t.Helper()
	return exec.Command(needed.Python(t), filepath.Join("python", "read.py"))
}

// javaScript runs a copy of the program beside the client, where Node looks for it.
func javaScript(t *testing.T, _ *wiretest.App) *exec.Cmd {
	t.Helper()
	return exec.Command(needed.Tool(t, "node"), needed.BesideModules(t, filepath.Join("javascript", "read.mjs")))
}

func java(t *testing.T, app *wiretest.App) *exec.Cmd {
	t.Helper()
	command := needed.Java(t, app.Azure.CAFile(), filepath.Join("java", "Read.java"))
	return exec.Command(command[0], command[1:]...)
}

func goProgram(t *testing.T, _ *wiretest.App) *exec.Cmd {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("skipped: Go reads SSL_CERT_FILE on Linux only")
	}
	return exec.Command(wiretest.Program(t, "./examples/clients/go"))
}

func curl(t *testing.T, _ *wiretest.App) *exec.Cmd {
	t.Helper()
	needed.Tool(t, "curl")
	needed.Tool(t, "jq")
	return exec.Command(needed.Tool(t, "bash"), filepath.Join("curl", "read.sh"))
}
