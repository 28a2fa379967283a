package lease

import (
	"context"

	azlease "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
)

// RenewOnce and IsGone are the parts of a renewal, for a test that can't wait 20 s for each.
var (
	RenewOnce = renew
	IsGone    = isGone
)

// Acquire acquires a lease that nobody renews.
func (b *Blob) Acquire(ctx context.Context, path string) (*azlease.BlobClient, error) {
	taken, _, err := b.acquire(ctx, path)
	return taken, err
}
