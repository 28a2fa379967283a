package lease

import (
	"context"

	azlease "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
)

// RenewOnce and IsGone are what the renewal does every 20 s, for a test that can't wait for it.
var (
	RenewOnce = renew
	IsGone    = isGone
)

// Take acquires a lease that nobody renews.
func (b *Blob) Take(ctx context.Context, path string) (*azlease.BlobClient, error) {
	taken, _, err := b.take(ctx, path)
	return taken, err
}
