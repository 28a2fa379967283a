// Package listdeletedsecrets is Key Vault's Get Deleted Secrets.
package listdeletedsecrets

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Lister reads a page of all soft-deleted secrets, without values.
type Lister interface {
	ListDeleted(ctx context.Context, query secret.Query) (secret.Page, error)
}

// Handler answers GET deletedsecrets.
func Handler(secrets Lister, list wire.Lister) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		query, err := wire.ReadQuery(r)
		if err != nil {
			return err
		}
		page, err := secrets.ListDeleted(r.Context(), query)
		if err != nil {
			return err
		}
		return list.Write(w, r, page, query)
	})
}
