package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Folder is a store on a local disk.
type Folder struct{ root *os.Root }

// OpenFolder opens a folder, and creates it and those above it if they are missing.
func OpenFolder(dir string) (*Folder, error) {
	if err := mkdirs(dir); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Folder{root}, nil
}

// Create creates a file, and the folders above it in the store, durably. If the store's own folder
// is missing, it is not created again, because a disk may have been unmounted. If it is back, or
// another is in its place, that is used.
func (f *Folder) Create(_ context.Context, name string) (File, error) {
	if err := f.isThere(); err != nil {
		root, err := os.OpenRoot(f.root.Name())
		if err != nil {
			return nil, f.explain(err)
		}
		_ = f.root.Close() // of a folder that is gone
		f.root = root
	}
	return f.create(name)
}

// isThere returns nil if the folder's name still leads to the open folder.
func (f *Folder) isThere() error {
	opened, err := f.root.Stat(".")
	if err != nil {
		return err
	}
	named, err := os.Stat(f.root.Name())
	if err != nil || !os.SameFile(opened, named) {
		return fmt.Errorf("somebody has moved, replaced or removed %s", f.root.Name())
	}
	return nil
}

func (f *Folder) create(name string) (File, error) {
	if err := f.mkdirs(filepath.Dir(filepath.FromSlash(name))); err != nil {
		return nil, f.explain(err)
	}
	file, err := f.root.OpenFile(filepath.FromSlash(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, f.explain(err)
	}
	created := &folderFile{folder: f, file: file, name: name}
	if err := f.sync(filepath.Dir(filepath.FromSlash(name))); err != nil {
		_ = created.Close()
		return nil, f.explain(err)
	}
	return created, nil
}

// mkdirs creates a folder and those above it, durably.
func mkdirs(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	above := filepath.Dir(filepath.Clean(dir))
	if above != dir {
		if err := mkdirs(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	opened, err := os.Open(above)
	if err != nil {
		return err
	}
	defer opened.Close()
	return syncFolder(opened)
}

// mkdirs creates a folder of the store and those above it, durably.
func (f *Folder) mkdirs(dir string) error {
	if dir == "." {
		return nil
	}
	above := filepath.Dir(dir)
	if err := f.mkdirs(above); err != nil {
		return err
	}
	if err := f.root.Mkdir(dir, 0o700); errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	return f.sync(above)
}

func (f *Folder) sync(dir string) error {
	opened, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	defer opened.Close()
	return syncFolder(opened)
}

// explain adds what to do.
func (f *Folder) explain(err error) error {
	return fmt.Errorf("%w (in %s: check its free space, its permissions and its disk)", err, f.root.Name())
}

type folderFile struct {
	folder  *Folder
	file    *os.File
	name    string
	written bool // something may have been
}

// Append writes lines and syncs them. A file that somebody has removed accepts them too, and they
// are lost when it is closed, so Append also looks whether the file is still in the folder, and
// the folder in its place.
func (f *folderFile) Append(_ context.Context, lines []byte) error {
	n, err := f.file.Write(lines)
	f.written = f.written || n > 0
	if err == nil {
		err = f.file.Sync()
	}
	if err == nil {
		err = f.isThere()
	}
	if err != nil {
		return f.folder.explain(err)
	}
	return nil
}

// isThere returns nil if the file's name still leads to the file.
func (f *folderFile) isThere() error {
	opened, err := f.file.Stat()
	if err != nil {
		return err
	}
	named, err := f.folder.root.Stat(filepath.FromSlash(f.name))
	if err != nil || !os.SameFile(opened, named) {
		return fmt.Errorf("somebody has removed or replaced %s, with its records", f.name)
	}
	return f.folder.isThere()
}

func (f *folderFile) Full() bool { return false }

// Close removes a file to which nothing could be written: while a disk is full, every attempt
// leaves one.
func (f *folderFile) Close() error {
	err := f.file.Close()
	if !f.written {
		_ = f.folder.root.Remove(filepath.FromSlash(f.name))
	}
	return err
}

// List returns the names of the files in order.
func (f *Folder) List(context.Context) ([]string, error) {
	var names []string
	err := fs.WalkDir(f.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(name, suffix) {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

// Tail returns the last bytes of a file.
func (f *Folder) Tail(_ context.Context, name string, size int64) ([]byte, error) {
	file, err := f.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	from := max(0, info.Size()-size)
	return io.ReadAll(io.NewSectionReader(file, from, info.Size()-from))
}

// Read opens a file to read it.
func (f *Folder) Read(_ context.Context, name string) (io.ReadCloser, error) {
	return f.root.Open(filepath.FromSlash(name))
}
