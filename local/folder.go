package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const (
	folderPattern = "rotunda-*"
	lockName      = "run.lock" // held while the run lasts
	keepName      = "kept"     // exists if something went wrong
)

// folder is where a run keeps what it needs: the app root, the log, certificates, locks.
type folder struct {
	path string
	lock *os.File
}

// newFolder creates the folder, and removes those of runs that were killed.
func newFolder() (*folder, error) {
	removeLeftovers(os.TempDir())
	path, err := os.MkdirTemp("", folderPattern)
	if err != nil {
		return nil, err
	}
	f := &folder{path: path}
	// Locked under another name first: a lock that nobody holds marks the folder of a run that ended.
	if f.lock, err = os.CreateTemp(path, lockName+"-*"); err == nil {
		err = lockFile(f.lock)
	}
	if err == nil {
		err = os.Rename(f.lock.Name(), filepath.Join(path, lockName))
	}
	if err != nil {
		_ = os.RemoveAll(path)
		return nil, fmt.Errorf("can't lock the folder of the run: %w", err)
	}
	return f, nil
}

// close removes the folder. After a failure it stays, for its log.
func (f *folder) close(failed bool) {
	if failed {
		_ = os.WriteFile(filepath.Join(f.path, keepName), nil, 0o600)
	} else {
		_ = os.RemoveAll(f.path)
	}
	_ = f.lock.Close() // Windows removes no open file, so there the lock's file may stay
	if !failed {
		_ = os.RemoveAll(f.path)
	}
}

// removeLeftovers removes the folders of runs that were killed: nobody holds their lock, and they
// were not kept for their log.
func removeLeftovers(parent string) {
	found, _ := filepath.Glob(filepath.Join(parent, folderPattern, lockName)) // the pattern is valid
	for _, lock := range found {
		path := filepath.Dir(lock)
		if _, err := os.Lstat(filepath.Join(path, keepName)); err == nil || !isMine(path) {
			continue
		}
		if file, err := os.OpenFile(lock, os.O_RDWR, 0); err == nil {
			if lockFile(file) == nil {
				_ = os.RemoveAll(path)
			}
			_ = file.Close()
		}
	}
}
