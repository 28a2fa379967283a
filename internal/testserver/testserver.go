// Package testserver starts real servers from their installed programs, for tests: on free ports, in directories of their
// own, as an ordinary user. Nothing of them outlives the tests.
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
)

// lifetime is how long a server lives: that of a testing.TB, or of a package's tests.
type lifetime interface{ Cleanup(func()) }

// program is what a test needs installed.
type program struct {
	product string // as people call it
	install string // how it is had, such as "apt-get install redis-server"
	name    string
	places  []string // where it is if not on the PATH: patterns; the newest match counts
}

// path finds the program. Without it the test is skipped; where CI=true it fails, as a test that never runs proves nothing.
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
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed: %s", p.product, p.install)
	}
	t.Skipf("skipped: %s is not installed: %s", p.product, p.install)
	return ""
}

// byVersion orders paths by the number in them: .../9/bin is before .../15/bin.
func byVersion(a, b string) int { return version(a) - version(b) }

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// randomPassword is for accounts that a server is made with.
func randomPassword() string { return "canary-" + rand.Text() }

// newDir makes a directory that the account can use; t.TempDir may lie below one that it can't enter.
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

// shared is the lifetime of servers that all tests of a package use.
var shared struct {
	sync.Mutex
	open     bool
	cleanups []func()
}

// Main runs a package's tests and then ends the servers that they shared. Its caller is TestMain: os.Exit(testserver.Main(m)).
func Main(m *testing.M) int {
	shared.open = true
	defer func() {
		for _, cleanup := range slices.Backward(shared.cleanups) {
			cleanup()
		}
	}()
	return m.Run()
}

// untilMain is the lifetime that ends with Main; the caller holds shared's lock.
type untilMain struct{}

func (untilMain) Cleanup(f func()) { shared.cleanups = append(shared.cleanups, f) }

// once gives the package's shared server, started by the first test that asks. A start that failed is tried again.
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
