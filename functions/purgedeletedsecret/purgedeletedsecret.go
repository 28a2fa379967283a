// Package purgedeletedsecret is Key Vault's Purge Deleted Secret.
package purgedeletedsecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// Purger starts the permanent deletion of a soft-deleted secret.
type Purger interface {
	Purge(ctx context.Context, name string) error
}

// Handler serves DELETE deletedsecrets/{name}.
func Handler(secrets Purger) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, _, err := wire.Target(r)
		if err != nil {
			return err
		}
		if err := secrets.Purge(r.Context(), name); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}
