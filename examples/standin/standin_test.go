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
			command := exec.CommandContext(t.Context(), find(t, "bash"), append([]string{"-c", `. "$0" && exec "$@"`, vault.Env}, args...)...)
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
	return []string{installed(t, "python", ".venv", "bin", "python"), filepath.Join("python", "test_secrets.py")}
}

// javaScript runs a copy of the test beside the client, where Node looks for it.
func javaScript(t *testing.T, files vaultFiles) []string {
	t.Helper()
	modules := installed(t, "js", "node_modules")
	text, err := os.ReadFile(filepath.Join("javascript", "secrets.test.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(files.folder, "secrets.test.mjs")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(files.folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return []string{find(t, "node"), "--test", file}
}

func java(t *testing.T, files vaultFiles) []string {
	t.Helper()
	library, store := installed(t, "java", "target", "lib"), filepath.Join(files.folder, "trust.p12")
	made, err := exec.Command(find(t, "keytool"), "-importcert", "-noprompt", "-alias", "stand-ins", "-file", files.ca,
		"-keystore", store, "-storepass", "changeit").CombinedOutput()
	if err != nil {
		t.Fatalf("keytool: %v\n%s", err, made)
	}
	return []string{
		find(t, "java"), "-XX:TieredStopAtLevel=1", "-Djava.net.useSystemProxies=true", "-Djavax.net.ssl.trustStore=" + store,
		"-Djavax.net.ssl.trustStorePassword=changeit", "-cp", filepath.Join(library, "*"), filepath.Join("java", "SecretsTest.java"),
	}
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

// installed returns the path of what `make setup` installs for a language.
func installed(t *testing.T, path ...string) string {
	t.Helper()
	found := filepath.Join(append([]string{wiretest.Root(t), "internal", "standin", "conformance"}, path...)...)
	if _, err := os.Stat(found); err != nil {
		missing(t, err)
	}
	return found
}

func find(t *testing.T, tool string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		missing(t, err)
	}
	return path
}

// missing skips a test, but fails it in CI.
func missing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%v: `make setup` installs it", err)
	}
	t.Skipf("skipped: %v: `make setup` installs it", err)
}
