package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

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
		if _, err := exec.LookPath(tool); err != nil && os.Getenv("CI") == "true" {
			t.Fatalf("%s is needed in CI: %v", tool, err)
		} else if err != nil {
			t.Skipf("skipped: %v; install it to run the shell quickstart", err)
		}
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
