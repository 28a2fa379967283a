// Package getdeletedsecret is Key Vault's Get Deleted Secret.
package getdeletedsecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Getter reads a soft-deleted secret, without its value.
type Getter interface {
	GetDeleted(ctx context.Context, name string) (secret.Secret, error)
}

// Handler serves GET deletedsecrets/{name}.
func Handler(secrets Getter) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, _, err := wire.Target(r)
		if err != nil {
			return err
		}
		deleted, err := secrets.GetDeleted(r.Context(), name)
		if err != nil {
			return err
		}
		return wire.WriteSecret(w, deleted)
	})
}
