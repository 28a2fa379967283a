package main

import (
	"os"
	"path/filepath"
)

const (
	folderPattern = "rotunda-*"
	keepName      = "kept" // exists if something went wrong
)

// folder is where a run keeps what it needs: the app root, the log, certificates, locks.
type folder struct {
	path string
	lock *os.File // held while the run lasts; nil on Windows
}

// newFolder creates the folder, and removes those of runs that were killed.
func newFolder() (*folder, error) {
	removeLeftovers(os.TempDir())
	path, err := os.MkdirTemp("", folderPattern)
	if err != nil {
		return nil, err
	}
	lock, err := lockFolder(path)
	if err != nil {
		_ = os.RemoveAll(path)
		return nil, err
	}
	return &folder{path, lock}, nil
}

// close removes the folder. After a failure it stays, for its log.
func (f *folder) close(failed bool) {
	if failed {
		_ = os.WriteFile(filepath.Join(f.path, keepName), nil, 0o600)
	} else {
		_ = os.RemoveAll(f.path)
	}
	_ = f.lock.Close() // the method allows nil
}
