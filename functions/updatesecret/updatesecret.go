// Package updatesecret is Key Vault's Update Secret, for attributes, tags and content type.
package updatesecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Updater changes a version, or the latest if version is "".
type Updater interface {
	Update(ctx context.Context, name, version string, draft secret.Draft) (secret.Secret, error)
}

// Handler serves PATCH secrets/{name}/{version?}.
func Handler(secrets Updater) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, version, err := wire.Target(r)
		if err != nil {
			return err
		}
		draft, err := wire.ReadUpdate(w, r)
		if err != nil {
			return err
		}
		updated, err := secrets.Update(r.Context(), name, version, draft)
		if err != nil {
			return err
		}
		return wire.WriteSecret(w, updated)
	})
}
