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

// take acquires the lease, and makes what is missing for it: only the first rotation of a name has to.
func (b *Blob) take(ctx context.Context, path string) (*azlease.BlobClient, time.Time, error) {
	spot := b.container.NewBlockBlobClient(path)
	taken, err := azlease.NewBlobClient(spot, nil) // with a new id: a repeat after a lost answer is no conflict
	if err != nil {
		return nil, time.Time{}, err
	}
	sent, err := acquire(ctx, taken)
	if !bloberror.HasCode(err, bloberror.BlobNotFound, bloberror.ContainerNotFound) {
		return taken, sent, err
	}
	if err := b.create(ctx, spot); err != nil {
		return nil, time.Time{}, err
	}
	sent, err = acquire(ctx, taken)
	return taken, sent, err
}

// acquire tells the time before it asked: the lease can't have begun earlier.
func acquire(ctx context.Context, taken *azlease.BlobClient) (sent time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	sent = time.Now()
	_, err = taken.AcquireLease(ctx, leaseSeconds, nil)
	return sent, err
}

func (b *Blob) create(ctx context.Context, spot *blockblob.Client) error {
	err := upload(ctx, spot)
	if !bloberror.HasCode(err, bloberror.ContainerNotFound) {
		return err
	}
	if err := b.createContainer(ctx); err != nil {
		return err
	}
	return upload(ctx, spot)
}

// upload makes the empty blob. Somebody else may have, and may hold its lease already.
func upload(ctx context.Context, spot *blockblob.Client) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	absent := &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: new(azcore.ETagAny)}}
	_, err := spot.Upload(ctx, streaming.NopCloser(bytes.NewReader(nil)), &blockblob.UploadOptions{AccessConditions: absent})
	return unless(err, bloberror.BlobAlreadyExists, bloberror.ConditionNotMet, bloberror.LeaseIDMissing)
}

func (b *Blob) createContainer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := b.container.Create(ctx, nil)
	return unless(err, bloberror.ContainerAlreadyExists)
}

func unless(err error, tolerated ...bloberror.Code) error {
	if bloberror.HasCode(err, tolerated...) {
		return nil
	}
	return err
}
