package lease

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"

	"rotunda/internal/rotation"
)

// tryLock locks the whole range of the file. The lock belongs to the handle, not to the process.
func tryLock(file *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, math.MaxUint32, math.MaxUint32, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return rotation.ErrLocked
	}
	if err != nil {
		return rotation.Temporaryf("The file of the lock can't be locked: %v", err)
	}
	return nil
}

func unlock(file *os.File) {
	_ = windows.UnlockFileEx(windows.Handle(file.Fd()), 0, math.MaxUint32, math.MaxUint32, new(windows.Overlapped))
}
