// Package recoverdeletedsecret is Key Vault's Recover Deleted Secret, extended by ?wait=true.
package recoverdeletedsecret

import (
	"context"
	"net/http"

	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Recoverer recovers a soft-deleted secret. Recover returns as soon as the vault has accepted
// that, and AwaitRecovered when the vault has completed it.
type Recoverer interface {
	Recover(ctx context.Context, name string) (secret.Secret, error)
	AwaitRecovered(ctx context.Context, name string) error
}

// Handler serves POST deletedsecrets/{name}/recover.
func Handler(secrets Recoverer) http.Handler {
	return wire.LongOperation{Start: secrets.Recover, Await: secrets.AwaitRecovered}
}
