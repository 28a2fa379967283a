// Package needed finds what tests need besides Go. A test that lacks something is skipped with a
// line that says so. With CI=true it fails, as a test that never runs proves nothing.
package needed

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Missing ends a test that lacks something. The message says what, and how to install it.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	message := fmt.Sprintf(format, args...)
	if os.Getenv("CI") == "true" {
		t.Fatal(message)
	}
	t.Skip("skipped: " + message)
}

// Tool returns the path of a program.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, "%v: `make setup` installs it", err)
	}
	return path
}

// Installed returns the absolute path of what `make setup` installs below the folder of go.mod.
func Installed(t testing.TB, path ...string) string {
	t.Helper()
	found := filepath.Join(append([]string{Root(t)}, path...)...)
	if _, err := os.Stat(found); err != nil {
		Missing(t, "%v: `make setup` installs it", err)
	}
	return found
}

// Go runs the go command in a folder and returns what it writes to stdout. It downloads modules,
// and a download may fail by chance, so Go tries three times.
func Go(t testing.TB, folder string, env []string, args ...string) (out []byte, err error) {
	t.Helper()
	for range 3 {
		command := exec.CommandContext(t.Context(), "go", args...)
		command.Dir, command.Env = folder, append(os.Environ(), env...)
		if out, err = command.Output(); err == nil {
			return out, nil
		}
		if failed, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("go %s: %w: %s%s", strings.Join(args, " "), err, out, failed.Stderr)
		}
		t.Log(err)
	}
	return nil, err
}

// Root returns the folder of go.mod.
func Root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(folder, "go.mod")); missing == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	t.Fatalf("no go.mod above the working folder: %v", err)
	return ""
}
