package lease

import (
	"context"
	"os"
	"path/filepath"
	"sync"

	"rotunda/internal/rotation"
)

// File locks files in a folder, for a desk and for tests. It excludes processes of this machine, and goroutines of one
// process; the system lets go when a process dies, however it dies. The folder must be on a local disk.
type File struct{ Dir string }

// Lock takes the lock of a name. held is ctx, until release.
func (f File) Lock(ctx context.Context, name string) (held context.Context, release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	file, err := f.open(name)
	if err != nil {
		return nil, nil, err
	}
	if err := tryLock(file); err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	held, cancel := context.WithCancel(ctx)
	return held, sync.OnceFunc(func() {
		cancel()
		unlock(file) // closing is not enough: a child that is being started may have a copy for a moment
		_ = file.Close()
	}), nil
}

// open makes the file, which stays: a lock on a file that another has removed would exclude nobody.
func (f File) open(name string) (*os.File, error) {
	name, err := key(name)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return nil, rotation.Temporaryf("The folder of locks can't be made: %v", err)
	}
	path := filepath.Join(f.Dir, "rot-"+name+".lock") // the prefix keeps clear of Windows' devices, such as con
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, rotation.Temporaryf("The lock's file can't be opened: %v", err)
	}
	return file, nil
}
