//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

const lockName = "run.lock"

// lockFolder locks a folder while this process runs. The file gets its name once it is locked: a
// lock that nobody holds marks the folder of a run that has ended.
func lockFolder(path string) (*os.File, error) {
	file, err := os.CreateTemp(path, lockName+"-*")
	if err != nil {
		return nil, err
	}
	if err = tryLock(file); err == nil {
		err = os.Rename(file.Name(), filepath.Join(path, lockName))
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("can't lock the folder of the run: %w", err)
	}
	return file, nil
}

// tryLock locks a file until it is closed, or the process ends.
func tryLock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
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
			if tryLock(file) == nil {
				_ = os.RemoveAll(path)
			}
			_ = file.Close()
		}
	}
}

// isMine reports whether a path is a folder, no link, of this user: others may write to the folder
// for temporary files.
func isMine(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
