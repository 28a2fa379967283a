package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// startExample starts a program of examples in the working directory, with one key that is in the
// file value.txt, and returns the hook's address.
func startExample(t *testing.T, name string, args ...string) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	const first = "canary-first-key"
	sum := sha256.Sum256([]byte(first))
	for file, text := range map[string]string{
		"value.txt": first + "\n", "key.txt": base64.StdEncoding.EncodeToString([]byte("canary-signing-key-of-32-bytes!!")) + "\n",
		"keys.json": fmt.Sprintf(`{"first":{"hash":%q}}`, hex.EncodeToString(sum[:])),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(t.TempDir(), "hook.exe")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./examples/"+name)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	command := exec.Command(program, append(args, "-addr", "127.0.0.1:0")...)
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(strings.TrimSpace(line), "listening on ") + "/rotation"
}

func TestTheExamplePasses(t *testing.T) {
	for name, row := range map[string]struct {
		example string
		args    []string
		class   string
		who     []string
	}{
		"the short one": {"webhook", nil, "C", []string{"-id", "first"}},
		"both, class C": {"webhook-classes", []string{"-class", "C"}, "C", []string{"-id", "first"}},
		"both, class S": {"webhook-classes", []string{"-class", "S"}, "S", []string{"-user", "first"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"-url", startExample(t, row.example, row.args...), "-key", "key.txt", "-value", "value.txt", "-class", row.class}, row.who...)
			for range 2 { // in class S, the second run begins with what the first one has saved
				var stdout, stderr strings.Builder
				if code := run(t.Context(), args, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), " checks, 0 failed") || stderr.Len() > 0 {
					t.Errorf("%d\n%s%s", code, stdout.String(), stderr.String())
				}
				if strings.Contains(stdout.String(), "canary") {
					t.Errorf("the output has a value: %s", stdout.String())
				}
			}
		})
	}
}

func TestAHookThatIsNoneFails(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, file := range []string{"key.txt", "value.txt"} {
		if err := os.WriteFile(file, []byte("Y2FuYXJ5LWtleS1vZi0yNC1ieXRlcw=="), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	var stdout, stderr strings.Builder
	code := run(t.Context(), []string{"-url", server.URL, "-token", "key.txt", "-value", "value.txt", "-id", "first"}, &stdout, &stderr)
	if code != 1 || !strings.Contains(stdout.String(), "FAIL  plan is accepted") || !strings.Contains(stdout.String(), "FAIL  a request without a token is refused: it answers 404, not [401 403]") {
		t.Errorf("%d\n%s%s", code, stdout.String(), stderr.String())
	}
}

// A hook that refuses the plan says why.
func TestThePlansReasonIsShown(t *testing.T) {
	args := []string{"-url", startExample(t, "webhook"), "-key", "key.txt", "-value", "value.txt", "-id", "unknown"}
	var stdout, stderr strings.Builder
	if code := run(t.Context(), args, &stdout, &stderr); code != 1 || !strings.Contains(stdout.String(), `the verdict is "rejected": the key does not exist`) {
		t.Errorf("%d\n%s%s", code, stdout.String(), stderr.String())
	}
}

func TestWrongFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("file", []byte("Y2FuYXJ5%"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, says := range map[string]string{
		"":                              "-url, -value, and one of -key and -token",
		"-url http://h -key file -id a": "-url, -value, and one of -key and -token",
		"-url http://h -key file -id a -value none":          "-value: open none",
		"-key file -id a -value file":                        "-url, -value, and one of -key and -token",
		"-url http://h -id a -value file":                    "-url, -value, and one of -key and -token",
		"-url http://h -key file -token file -value file":    "-url, -value, and one of -key and -token",
		"-url 127.0.0.1:1/h -key file -id a -value file":     "-url must be an address such as",
		"-url localhost:1/h -key file -id a -value file":     "-url must be an address such as",
		"-url ftp://h -key file -id a -value file":           "-url must be an address such as",
		"-url http://h -key file -value file":                "-class must be C, with -id",
		"-url http://h -key file -class S -id a -value file": "-class must be C, with -id",
		"-url http://h -key file -id a -value file":          "-key: ",
		"-unknown": "flag provided but not defined",
	} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), strings.Fields(args), &stdout, &stderr); code != 2 || !strings.Contains(stderr.String(), says) || !strings.Contains(stderr.String(), "usage: ") {
			t.Errorf("%s: %d %s", args, code, stderr.String())
		}
	}
}
