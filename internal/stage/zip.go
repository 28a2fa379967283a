package stage

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Zip writes the staged app root in dir to a file. The binary is executable in it, also when
// written on Windows: an app without that does not start, and says nothing
// (microsoft/vscode-azurefunctions#4497). Equal app roots make equal files.
func Zip(dir, file string) error {
	name, err := executable(filepath.Join(dir, "host.json"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	archive := zip.NewWriter(out)
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return addFile(archive, dir, path, name)
	})
	return errors.Join(err, archive.Close(), out.Close())
}

// addFile adds a file without its times. All may read it, as the host runs as another user
// (Azure/azure-functions-host#11528).
func addFile(archive *zip.Writer, dir, path, executable string) error {
	relative, err := filepath.Rel(dir, path)
	if err != nil {
		return err
	}
	header := &zip.FileHeader{Name: filepath.ToSlash(relative), Method: zip.Deflate}
	header.SetMode(0o644)
	if header.Name == executable {
		header.SetMode(0o755)
	}
	to, err := archive.CreateHeader(header)
	if err != nil {
		return err
	}
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	_, err = io.Copy(to, from)
	return err
}
