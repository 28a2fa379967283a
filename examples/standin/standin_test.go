// Package standin_test runs the examples, one in each language that Microsoft has a client for,
// against `go run ./local -only vault`.
package standin_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"rotunda/internal/needed"
	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

// vault is the part of the ready file that the tests need.
type vault struct{ Control, CA, Env string }

// start runs the vault until the test ends.
func start(t *testing.T) (found vault) {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready.json")
	command := exec.Command(wiretest.Program(t, "./local"), "-only", "vault", "-addr", "127.0.0.1:0", "-ready-file", ready)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, command, found.Control) })
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "Serving until Ctrl-C."; {
	}
	text, err := os.ReadFile(ready)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func stop(t *testing.T, command *exec.Cmd, control string) {
	t.Helper()
	if response, err := http.Post(control+"/stop", "", nil); err == nil {
		_ = response.Body.Close()
	} else {
		_ = command.Process.Kill()
	}
	if err := command.Wait(); err != nil {
		t.Errorf("the vault ended with %v", err)
	}
}

// TestExamples runs the examples as their first lines say, in a shell that has read vault.env.
func TestExamples(t *testing.T) {
	vault := start(t)
	for language, row := range map[string]struct {
		command func(*testing.T, vaultFiles) []string
		says    string
	}{
		"Python": {python, "Ran 2 tests"}, "JavaScript": {javaScript, "pass 2"}, "Java": {java, "2 tests passed"}, "Go": {goTests, "--- PASS: TestASecretThatIsNotThere"},
	} {
		t.Run(language, func(t *testing.T) {
			args := row.command(t, vaultFiles{vault.CA, t.TempDir()})
			command := exec.CommandContext(t.Context(), needed.Tool(t, "bash"), append([]string{"-c", `. "$0" && exec "$@"`, vault.Env}, args...)...)
			if out, err := command.CombinedOutput(); err != nil || !strings.Contains(string(out), row.says) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// vaultFiles are the certificate, and a folder of the test.
type vaultFiles struct{ ca, folder string }

func python(t *testing.T, _ vaultFiles) []string {
	t.Helper()
	return []string{needed.Python(t), filepath.Join("python", "test_secrets.py")}
}

// javaScript runs a copy of the test beside the client, where Node looks for it.
func javaScript(t *testing.T, _ vaultFiles) []string {
	t.Helper()
	return []string{needed.Tool(t, "node"), "--test", needed.BesideModules(t, filepath.Join("javascript", "secrets.test.mjs"))}
}

func java(t *testing.T, files vaultFiles) []string {
	t.Helper()
	return needed.Java(t, files.ca, filepath.Join("java", "SecretsTest.java"))
}

// goTests builds the tests first: the go command itself must not use the proxy.
func goTests(t *testing.T, files vaultFiles) []string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("skipped: Go reads SSL_CERT_FILE on Linux only")
	}
	binary := filepath.Join(files.folder, "secrets.test")
	if out, err := exec.Command("go", "test", "-c", "-o", binary, "./go").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return []string{binary, "-test.v"}
}
