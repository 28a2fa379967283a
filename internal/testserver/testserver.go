// Package testserver starts real servers from their installed programs, for tests: on free ports,
// in directories of their own, as an ordinary user. Nothing of them outlives the tests.
package testserver

import (
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"rotunda/internal/needed"
)

// lifetime is how long a server lives: until a test ends, or all tests of a package.
type lifetime interface{ Cleanup(func()) }

// program is what a test needs installed.
type program struct {
	product string // the product's name
	install string // the command that installs it, such as "apt-get install redis-server"
	name    string
	places  []string // patterns of folders to search beside the PATH; the newest version is used
}

// path finds the program. If it is not installed, the test is skipped; with CI=true the test
// fails, as a test that never runs proves nothing.
func (p program) path(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath(p.name); err == nil {
		return path
	}
	for _, place := range p.places {
		if found, _ := filepath.Glob(filepath.Join(place, p.name)); len(found) > 0 {
			return slices.MaxFunc(found, byVersion)
		}
	}
	needed.Missing(t, "%s is not installed: %s", p.product, p.install)
	return ""
}

// byVersion orders paths by the number in them: .../9/bin is before .../15/bin.
func byVersion(a, b string) int { return version(a) - version(b) }

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// randomPassword returns a password for the first account of a server. It has a digit, which a
// server's policy may ask for and one in 200 random texts lacks.
func randomPassword() string { return "canary-1-" + rand.Text() }

// newDir creates a directory that the account can use; t.TempDir may be below one that it can't
// enter.
func newDir(t testing.TB, until lifetime, owner *account) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rotunda-testserver-")
	if err != nil {
		t.Fatal(err)
	}
	until.Cleanup(func() { _ = os.RemoveAll(dir) })
	if owner != nil {
		err = os.Chown(dir, owner.uid, owner.gid)
	}
	if err = errors.Join(err, os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// shared holds the cleanups of the servers that all tests of a package use.
var shared struct {
	sync.Mutex
	open     bool
	cleanups []func()
}

// Main runs a package's tests, and then stops the servers that they shared. TestMain calls it:
// os.Exit(testserver.Main(m)).
func Main(m *testing.M) int {
	shared.open = true
	defer func() {
		for _, cleanup := range slices.Backward(shared.cleanups) {
			cleanup()
		}
	}()
	return m.Run()
}

// untilMain is the lifetime that ends with Main. Its caller holds shared's lock.
type untilMain struct{}

func (untilMain) Cleanup(f func()) { shared.cleanups = append(shared.cleanups, f) }

// once returns the package's shared server, which the first test starts. A start that failed is
// tried again by the next test.
func once[T any](t testing.TB, server **T, start func(testing.TB, lifetime) *T) *T {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if !shared.open {
		t.Fatal("a shared server needs func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }")
	}
	if *server == nil {
		*server = start(t, untilMain{})
	}
	return *server
}
