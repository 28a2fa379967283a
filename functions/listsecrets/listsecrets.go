// Package listsecrets is Key Vault's Get Secrets.
package listsecrets

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Lister reads a page of all secrets, without values.
type Lister interface {
	List(ctx context.Context, query secret.Query) (secret.Page, error)
}

// Handler answers GET secrets.
func Handler(secrets Lister, list wire.Lister) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		query, err := wire.ReadQuery(r)
		if err != nil {
			return err
		}
		page, err := secrets.List(r.Context(), query)
		if err != nil {
			return err
		}
		return list.Write(w, r, page, query)
	})
}
