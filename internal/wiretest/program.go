package wiretest

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"sync"
	"testing"

	"rotunda/internal/needed"
)

var programs struct {
	sync.Mutex
	folder string
}

// Program builds another program of the repository, such as ./examples/webhook, once for all tests
// of the package. Main removes it.
func Program(t testing.TB, source string) string {
	t.Helper()
	programs.Lock()
	defer programs.Unlock()
	if programs.folder == "" {
		folder, err := os.MkdirTemp("", "rotunda-programs-")
		if err != nil {
			t.Fatal(err)
		}
		programs.folder = folder
	}
	program := filepath.Join(programs.folder, path.Base(source)+".exe") // any system runs a file of that name
	if _, err := os.Stat(program); err == nil {
		return program
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, source)
	build.Dir = needed.Root(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

func removePrograms() {
	if programs.folder != "" {
		_ = os.RemoveAll(programs.folder)
	}
}
