package lease_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"rotunda/internal/lease"
	"rotunda/internal/rotation"
)

// holdIn names a variable. If it is set, this binary acquires the lock of db in that folder, and
// keeps it until it is killed.
const holdIn = "LEASE_TEST_HOLD_IN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdIn); dir != "" {
		_, release, err := lease.File{Dir: dir}.Lock(context.Background(), "db")
		fmt.Println("locked:", err)
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the parent ends
		release()
		return
	}
	os.Exit(m.Run())
}

func TestFileExcludesAnotherProcessUntilItIsKilled(t *testing.T) {
	files := lease.File{Dir: t.TempDir()}
	other := holder(t, files.Dir)
	if _, _, err := files.Lock(t.Context(), "db"); !errors.Is(err, rotation.ErrLocked) {
		t.Errorf("while another process has the lock: %v", err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait()
	_, release := lock(t, files, "db")
	release()
}

// holder starts another process, which holds the lock of db.
func holder(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := exec.Command(program)
	other.Env = append(os.Environ(), holdIn+"="+dir)
	_, errIn := other.StdinPipe()
	out, errOut := other.StdoutPipe()
	if err := errors.Join(errIn, errOut, other.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || strings.TrimSpace(line) != "locked: <nil>" {
		t.Fatalf("the other process said %q, %v", line, err)
	}
	return other
}

func TestFileExcludesGoroutines(t *testing.T) {
	files := lease.File{Dir: filepath.Join(t.TempDir(), "made", "on demand")}
	var inside, had atomic.Int32
	var workers sync.WaitGroup
	for range 400 {
		workers.Go(func() {
			_, release, err := files.Lock(t.Context(), "db")
			if err != nil {
				if !errors.Is(err, rotation.ErrLocked) {
					t.Error(err)
				}
				return
			}
			defer release()
			if had.Add(1); inside.Add(1) > 1 {
				t.Error("two have the lock")
			}
			runtime.Gosched()
			inside.Add(-1)
		})
	}
	workers.Wait()
	if had.Load() == 0 {
		t.Error("nobody had the lock")
	}
}

func TestFileTreatsSpellingsOfANameAsOne(t *testing.T) {
	files := lease.File{Dir: t.TempDir()}
	_, release := lock(t, files, "Db-Password")
	defer release()
	if _, _, err := files.Lock(t.Context(), "db-pASSWORD"); !errors.Is(err, rotation.ErrLocked) {
		t.Errorf("another spelling: %v", err)
	}
	_, release = lock(t, files, "db-password-2")
	release()
}

func TestFileRefusesInvalidNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"", "../db", "a/b", `a\b`, "con.", strings.Repeat("a", 128)} {
		if _, _, err := (lease.File{Dir: dir}).Lock(t.Context(), name); err == nil || errors.Is(err, rotation.ErrLocked) {
			t.Errorf("%q: %v", name, err)
		}
	}
	_, release := lock(t, lease.File{Dir: dir}, strings.Repeat("a", 127))
	release()
}

func TestFileHeldEndsWithTheCallerAndWithRelease(t *testing.T) {
	files := lease.File{Dir: t.TempDir()}
	ctx, cancel := context.WithCancelCause(t.Context())
	held, release, err := files.Lock(ctx, "db")
	if err != nil || held.Err() != nil {
		t.Fatal(err, held.Err())
	}
	because := errors.New("the caller's reason")
	cancel(because)
	if !errors.Is(context.Cause(held), because) {
		t.Errorf("held ended with %v", context.Cause(held))
	}
	if _, _, err := files.Lock(ctx, "db"); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that is gone: %v", err)
	}
	release()
	release() // once more is harmless
	again, release := lock(t, files, "db")
	release()
	if again.Err() == nil {
		t.Error("held went on after release")
	}
}

func lock(t *testing.T, locker rotation.Locker, name string) (held context.Context, release func()) {
	t.Helper()
	held, release, err := locker.Lock(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return held, release
}
