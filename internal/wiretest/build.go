// Package wiretest runs the real handler binary with stand-ins for the host and the rest of Azure,
// and calls it over HTTP. It is for tests and benchmarks.
package wiretest

import (
	"context"
	"os"
	"runtime"
	"sync"
	"testing"

	"rotunda/internal/needed"
	"rotunda/internal/stage"
)

// built is the app root, which all tests of a process share.
var built struct {
	sync.Mutex
	root string
}

// AppRoot stages the app root once per test process, with the handler built for this machine, and
// with -race if the test is. Main removes the folder.
func AppRoot(t testing.TB) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if built.root != "" {
		return built.root
	}
	root, err := os.MkdirTemp("", "rotunda-app-")
	if err != nil {
		t.Fatal(err)
	}
	if err := stage.Stage(context.Background(), needed.Root(t), root, runtime.GOOS, runtime.GOARCH, raceFlags...); err != nil {
		_ = os.RemoveAll(root)
		t.Fatal(err)
	}
	built.root = root
	return root
}

// Main runs the tests and removes what AppRoot and Program made. Packages that use wiretest call
// it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if built.root != "" {
		_ = os.RemoveAll(built.root)
	}
	removePrograms()
	os.Exit(code)
}

// Raced reports whether the handler is built with the race detector, which needs several times the
// memory.
func Raced() bool { return len(raceFlags) > 0 }
