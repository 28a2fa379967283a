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

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"

	"rotunda/internal/atomicfile"
	"rotunda/internal/rotation"
)

// The notes are blobs beside the leases, note/<vault>/<name>. Whoever may write them may also
// break the leases, so they need no rights of their own.

// ReadNote returns the note of a name, or "".
func (b *Blob) ReadNote(ctx context.Context, name string) (string, error) {
	text, _, err := b.readNote(ctx, name)
	return text, err
}

// readNote returns the ETag too; it is nil without a note.
func (b *Blob) readNote(ctx context.Context, name string) (text string, etag *azcore.ETag, err error) {
	name, err = key(name)
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := b.container.NewBlobClient(b.notePath(name)).DownloadStream(ctx, nil)
	if bloberror.HasCode(err, bloberror.BlobNotFound, bloberror.ContainerNotFound) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, explain(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(answer.Body, rotation.MaxNote))
	if err != nil {
		return "", nil, explain(ctx, err)
	}
	return string(content), answer.ETag, nil
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

// SwapNote replaces the note of a name if it still is old, by a condition on the blob's ETag.
func (b *Blob) SwapNote(ctx context.Context, name, old, text string) (swapped bool, err error) {
	found, etag, err := b.readNote(ctx, name)
	if err != nil || found != old {
		return false, err
	}
	condition := &blob.ModifiedAccessConditions{IfMatch: etag}
	if etag == nil {
		condition.IfNoneMatch = new(azcore.ETagAny)
	}
	if name, err = key(name); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err = b.container.NewBlockBlobClient(b.notePath(name)).Upload(ctx, streaming.NopCloser(strings.NewReader(text)),
		&blockblob.UploadOptions{AccessConditions: &blob.AccessConditions{ModifiedAccessConditions: condition}})
	if bloberror.HasCode(err, bloberror.BlobAlreadyExists, bloberror.ConditionNotMet) {
		found, err := b.ReadNote(ctx, name) // if the answer was lost, the client's own retry meets the new note
		return err == nil && found == text, err
	}
	if err != nil {
		return false, explain(ctx, err)
	}
	return true, nil
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
	if text == "" {
		err = os.RemoveAll(path)
	} else {
		err = atomicfile.Replace(path, []byte(text), 0o600)
	}
	if err != nil {
		return rotation.Temporaryf("The file %s beside the locks can't be written. Check the disk and the rights on the folder of the locks.", filepath.Base(path))
	}
	return nil
}

// SwapNote replaces the note of a name if it still is old, under a lock of its own.
func (f File) SwapNote(ctx context.Context, name, old, text string) (swapped bool, err error) {
	held, release, err := f.Lock(ctx, name)
	if errors.Is(err, rotation.ErrLocked) { // somebody is swapping it
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer release()
	found, err := f.ReadNote(held, name)
	if err != nil || found != old {
		return false, err
	}
	err = f.WriteNote(held, name, text)
	return err == nil, err
}

// ReadNote fails with a permanent fault.
func (n None) ReadNote(context.Context, string) (string, error) { return "", n.fault() }

// WriteNote fails with a permanent fault.
func (n None) WriteNote(context.Context, string, string) error { return n.fault() }

// SwapNote fails with a permanent fault.
func (n None) SwapNote(context.Context, string, string, string) (bool, error) {
	return false, n.fault()
}

func (f File) notePath(name string) (string, error) {
	name, err := key(name)
	return filepath.Join(f.Dir, "rot-"+name+".note"), err
}
