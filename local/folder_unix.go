//go:build unix

package main

import (
	"os"
	"syscall"
)

// lockFile locks a file until it is closed, or the process ends. It fails if someone else holds
// the lock.
func lockFile(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
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
