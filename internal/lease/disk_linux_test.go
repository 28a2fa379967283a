package lease_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rotunda/internal/lease"
)

// smallDisk mounts a disk of one page.
func smallDisk(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4k"); err != nil {
		t.Skipf("skipped: this user can't mount a disk: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// A full disk takes no note, and keeps those that it has. It leaves no other files.
func TestNotesOnAFullDisk(t *testing.T) {
	files := lease.File{Dir: smallDisk(t)}
	if err := files.WriteNote(t.Context(), "a", "one"); err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func() error{
		"a new one":    func() error { return files.WriteNote(t.Context(), "b", "two") },
		"another text": func() error { return files.WriteNote(t.Context(), "a", "two") },
		"a swap": func() error {
			swapped, err := files.SwapNote(t.Context(), "a", "one", "two")
			if swapped {
				t.Error("swapped")
			}
			return err
		},
	} {
		if err := write(); err == nil || !strings.Contains(err.Error(), "Check the disk") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if found, err := files.ReadNote(t.Context(), "a"); err != nil || found != "one" {
		t.Errorf("%q, %v", found, err)
	}
	if left, err := filepath.Glob(filepath.Join(files.Dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// A rotation that was begun goes on though the disk can't be written any more: readers may be
// waiting for it.
func TestLockOnADiskThatBecameReadOnly(t *testing.T) {
	files := lease.File{Dir: smallDisk(t)}
	_, release := lock(t, files, "db")
	release()
	if err := syscall.Mount("tmpfs", files.Dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	_, release = lock(t, files, "db")
	release()
	if _, _, err := files.Lock(t.Context(), "other"); err == nil {
		t.Errorf("a lock that does not exist yet: %v", err)
	}
}
