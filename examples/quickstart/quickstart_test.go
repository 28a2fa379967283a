package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/needed"
	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

const (
	input = "greeting\ncanary-hello \"you\"\n"
	shown = "Setting greeting ...\nYour secret is \"canary-hello"
)

func TestProgram(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	for range 2 { // the second run finds the name soft-deleted
		var out strings.Builder
		if err := run(client{base: app.URL}, strings.NewReader(input), &out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), shown) || !strings.HasSuffix(out.String(), "Deleted.\n") {
			t.Error(out.String())
		}
	}
}

func TestProgramTellsWhatIsWrong(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	err := run(client{base: app.URL}, strings.NewReader("bad_name\nv\n"), &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "invalid name: bad_name") {
		t.Error(err)
	}
	err = run(client{base: "http://127.0.0.1:1/api"}, strings.NewReader(input), &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "go run ./local") {
		t.Error(err)
	}
}

func TestScript(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "jq"} {
		needed.Tool(t, tool)
	}
	app := wiretest.Start(t, wiretest.Options{})
	command := exec.Command("bash", "quickstart.sh")
	command.Env = append(os.Environ(), "ROTUNDA_URL="+app.URL, "ROTUNDA_KEY=")
	command.Stdin = strings.NewReader(input)
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), shown) || !strings.HasSuffix(string(out), "Deleted.\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

// The program in Python uses Microsoft's client, on the app and on a vault.
func TestPython(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Tokens: true})
	python := needed.Python(t)
	for _, url := range []string{app.TokensURL, "https://quickstart.vault.azure.net"} {
		run := func(caller, input string) (string, error) {
			command := exec.CommandContext(t.Context(), python, "quickstart.py")
			command.Env = append(slices.Concat(os.Environ(), app.Azure.ClientEnv(), app.Callers[caller].Env()), "KEY_VAULT_URL="+url)
			command.Stdin = strings.NewReader(input)
			out, err := command.CombinedOutput()
			return string(out), err
		}
		if out, err := run("admin", input); err != nil || !strings.Contains(out, shown) || !strings.HasSuffix(out, "Deleted.\n") {
			t.Errorf("%s: %v\n%s", url, err, out)
		}
		if out, err := run("admin", "bad_name\nv\n"); err == nil || !strings.Contains(out, "quickstart: (BadParameter)") {
			t.Errorf("%s: %v\n%s", url, err, out)
		}
		if out, err := run("nobody", input); url == app.TokensURL && (err == nil || !strings.Contains(out, "Action: setSecret. Resource: greeting")) {
			t.Errorf("%s: %v\n%s", url, err, out)
		}
	}
}
