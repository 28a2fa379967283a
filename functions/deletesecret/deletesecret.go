// Package deletesecret is Key Vault's Delete Secret, with ours on top: ?wait=true.
package deletesecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Deleter starts a soft delete, and waits until the vault has finished one.
type Deleter interface {
	Delete(ctx context.Context, name string) (secret.Secret, error)
	AwaitDeleted(ctx context.Context, name string) error
}

// Handler answers DELETE secrets/{name}.
func Handler(secrets Deleter) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, _, err := wire.Target(r)
		if err != nil {
			return err
		}
		wait, err := wire.Flag(r, "wait")
		if err != nil {
			return err
		}
		deleted, err := secrets.Delete(r.Context(), name)
		if err != nil {
			return err
		}
		if wait {
			if err := secrets.AwaitDeleted(r.Context(), name); err != nil {
				return err
			}
		}
		return wire.WriteSecret(w, deleted)
	})
}
