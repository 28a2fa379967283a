//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestARunRemovesWhatKilledOnesLeft(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	make := func() *folder {
		f, err := newFolder()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	running, killed, failed, stopped := make(), make(), make(), make()
	failed.close(true)
	stopped.close(false)
	_ = killed.lock.Close() // as the system does
	other := filepath.Join(os.TempDir(), "rotunda-of-something-else")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	defer make().close(false)
	for path, want := range map[string]bool{running.path: true, killed.path: false, failed.path: true, stopped.path: false, other: true} {
		if exists(path) != want {
			t.Errorf("%s exists: %t", path, !want)
		}
	}
}

func TestOnlyTheUsersOwnFoldersAreRemoved(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if !isMine(dir) || isMine(link) || isMine(filepath.Join(dir, "nothing")) {
		t.Errorf("a folder: %t, a link: %t", isMine(dir), isMine(link))
	}
}
