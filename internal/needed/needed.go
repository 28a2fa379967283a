// Package needed finds what tests need besides Go. A test that lacks something is skipped with a
// line that says so. With CI=true it fails, as a test that never runs proves nothing.
package needed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
