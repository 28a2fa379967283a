package lease

import (
	"context"
	"os"
	"path/filepath"
	"sync"

	"rotunda/internal/rotation"
)

// File locks files in a folder, for a developer's machine and for tests. It excludes other
// processes on the machine and other goroutines of the process. The system releases a lock when
// its process ends, however it ends. The folder must be on a local disk.
type File struct{ Dir string }

// Lock acquires the lock of a name. held ends with ctx or with release.
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
		unlock(file) // not only closed: a child that is being started may briefly hold a copy
		_ = file.Close()
	}), nil
}

// open opens or creates the file. It is never removed, because a lock on a removed file excludes
// nobody. Nothing is written to it: a rotation that was begun can go on when the disk can't be
// written any more.
func (f File) open(name string) (*os.File, error) {
	name, err := key(name)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return nil, rotation.Temporaryf("The folder of the locks can't be created: %v", err)
	}
	// The prefix avoids the names of Windows devices, such as con.
	path := filepath.Join(f.Dir, "rot-"+name+".lock")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		return nil, rotation.Temporaryf("The file of the lock can't be opened: %v", err)
	}
	return file, nil
}
