package lease

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"rotunda/internal/rotation"
)

// The notes are blobs beside the leases, note/<vault>/<name>. Whoever may write them may also
// break the leases, so they need no rights of their own.

// ReadNote returns the note of a name, or "".
func (b *Blob) ReadNote(ctx context.Context, name string) (string, error) {
	name, err := key(name)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := b.container.NewBlobClient(b.notePath(name)).DownloadStream(ctx, nil)
	if bloberror.HasCode(err, bloberror.BlobNotFound, bloberror.ContainerNotFound) {
		return "", nil
	}
	if err != nil {
		return "", explain(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, rotation.MaxNote))
	if err != nil {
		return "", explain(ctx, err)
	}
	return string(text), nil
}

// WriteNote replaces the note of a name, or removes it. The container exists: the caller holds a
// lock in it.
func (b *Blob) WriteNote(ctx context.Context, name, text string) error {
	name, err := key(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	note := b.container.NewBlockBlobClient(b.notePath(name))
	if text == "" {
		_, err = note.Delete(ctx, nil)
		err = ignore(err, bloberror.BlobNotFound)
	} else {
		_, err = note.Upload(ctx, streaming.NopCloser(bytes.NewReader([]byte(text))), nil)
	}
	if err != nil {
		return explain(ctx, err)
	}
	return nil
}

func (b *Blob) notePath(name string) string { return "note/" + b.vault + "/" + name }

// ReadNote returns the note of a name, or "".
func (f File) ReadNote(ctx context.Context, name string) (string, error) {
	path, err := f.notePath(name)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", ctx.Err()
	}
	if err != nil {
		return "", rotation.Temporaryf("The file %s beside the locks can't be read.", filepath.Base(path))
	}
	return string(text), ctx.Err()
}

// WriteNote replaces the note of a name, or removes it. A crash leaves the old note or the new
// one.
func (f File) WriteNote(ctx context.Context, name, text string) error {
	path, err := f.notePath(name)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	write := replaceFile
	if text == "" {
		write = func(path, _ string) error { return os.RemoveAll(path) }
	}
	if err := write(path, text); err != nil {
		return rotation.Temporaryf("The file %s beside the locks can't be written. Check the disk and the rights on the folder of the locks.", filepath.Base(path))
	}
	return nil
}

// ReadNote fails with a permanent fault.
func (n None) ReadNote(context.Context, string) (string, error) { return "", n.fault() }

// WriteNote fails with a permanent fault.
func (n None) WriteNote(context.Context, string, string) error { return n.fault() }

func (f File) notePath(name string) (string, error) {
	name, err := key(name)
	return filepath.Join(f.Dir, "rot-"+name+".note"), err
}

func replaceFile(path, text string) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".note-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // does nothing once it was renamed
	_, err = io.Copy(file, strings.NewReader(text))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
