package main

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// modified is the time of every file in a zip: the first that the format has. Their own times
// would differ between two builds.
var modified = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// writeZips writes a zip for each app root.
func (r *release) writeZips(context.Context) error {
	for _, signIn := range slices.Sorted(maps.Keys(r.roots)) {
		file, err := r.create(goos + "_" + goarch + "_" + signIn + ".zip")
		if err != nil {
			return err
		}
		if err := errors.Join(r.writeZip(file, r.roots[signIn]), file.Close()); err != nil {
			return err
		}
	}
	return nil
}

// writeZip writes a folder as a zip. The binary is executable in it, whatever system built it.
func (r *release) writeZip(w io.Writer, root string) error {
	archive := zip.NewWriter(w)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return r.addFile(archive, path, filepath.ToSlash(relative))
	})
	return errors.Join(err, archive.Close())
}

func (r *release) addFile(archive *zip.Writer, path, name string) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: modified}
	header.SetMode(0o644)
	if name == r.binary {
		header.SetMode(0o755)
	}
	w, err := archive.CreateHeader(header)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, file)
	return errors.Join(err, file.Close())
}
