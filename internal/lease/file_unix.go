//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package lease

import (
	"errors"
	"os"
	"syscall"

	"rotunda/internal/rotation"
)

// tryLock uses flock, whose lock belongs to the open file. A lock of fcntl would belong to the
// process.
func tryLock(file *os.File) error {
	err := flock(file, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return rotation.ErrLocked
	}
	if err != nil {
		return rotation.Temporaryf("The file of the lock can't be locked: %v", err)
	}
	return nil
}

func unlock(file *os.File) { _ = flock(file, syscall.LOCK_UN) }

func flock(file *os.File, how int) error {
	for {
		if err := syscall.Flock(int(file.Fd()), how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
