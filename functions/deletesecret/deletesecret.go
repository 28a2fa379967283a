// Package deletesecret is Key Vault's Delete Secret, extended by ?wait=true.
package deletesecret

import (
	"context"
	"net/http"

	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Deleter soft-deletes a secret. Delete returns as soon as the vault has accepted that, and
// AwaitDeleted when the vault has completed it.
type Deleter interface {
	Delete(ctx context.Context, name string) (secret.Secret, error)
	AwaitDeleted(ctx context.Context, name string) error
}

// Handler serves DELETE secrets/{name}.
func Handler(secrets Deleter) http.Handler {
	return wire.LongOperation{Start: secrets.Delete, Await: secrets.AwaitDeleted}
}
