package lease

import (
	"bytes"
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	azlease "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
)

const leaseSeconds = 60

// acquire acquires the lease, and creates the blob and the container if they are missing. Only
// the first rotation of a name needs that. sent is the time before the request: the lease can't
// have begun earlier.
func (b *Blob) acquire(ctx context.Context, path string) (lease *azlease.BlobClient, sent time.Time, err error) {
	empty := b.container.NewBlockBlobClient(path)
	// The client has a new lease id, so that a retry after a lost answer is no conflict.
	lease, err = azlease.NewBlobClient(empty, nil)
	if err != nil {
		return nil, time.Time{}, err
	}
	sent, err = acquireOnce(ctx, lease)
	if !bloberror.HasCode(err, bloberror.BlobNotFound, bloberror.ContainerNotFound) {
		return lease, sent, err
	}
	if err := b.create(ctx, empty); err != nil {
		return nil, time.Time{}, err
	}
	sent, err = acquireOnce(ctx, lease)
	return lease, sent, err
}

func acquireOnce(ctx context.Context, lease *azlease.BlobClient) (sent time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	sent = time.Now()
	_, err = lease.AcquireLease(ctx, leaseSeconds, nil)
	return sent, err
}

// create creates the blob, and the container first if there is none.
func (b *Blob) create(ctx context.Context, empty *blockblob.Client) error {
	err := upload(ctx, empty)
	if !bloberror.HasCode(err, bloberror.ContainerNotFound) {
		return err
	}
	if err := b.createContainer(ctx); err != nil {
		return err
	}
	return upload(ctx, empty)
}

// upload creates the empty blob. Another worker may have created it, and may already hold its
// lease.
func upload(ctx context.Context, empty *blockblob.Client) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	absent := &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: new(azcore.ETagAny)}}
	_, err := empty.Upload(ctx, streaming.NopCloser(bytes.NewReader(nil)), &blockblob.UploadOptions{AccessConditions: absent})
	return ignore(err, bloberror.BlobAlreadyExists, bloberror.ConditionNotMet, bloberror.LeaseIDMissing)
}

func (b *Blob) createContainer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := b.container.Create(ctx, nil)
	return ignore(err, bloberror.ContainerAlreadyExists)
}

// ignore returns err, or nil if it has one of the codes.
func ignore(err error, codes ...bloberror.Code) error {
	if bloberror.HasCode(err, codes...) {
		return nil
	}
	return err
}
