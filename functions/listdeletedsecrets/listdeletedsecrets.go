// Package listdeletedsecrets is Key Vault's Get Deleted Secrets.
package listdeletedsecrets

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/budget"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Lister reads a page of all soft-deleted secrets, without values.
type Lister interface {
	ListDeleted(ctx context.Context, query secret.Query) (secret.Page, error)
}

// Handler serves GET deletedsecrets. A request takes a seat until its response begins.
func Handler(secrets Lister, links wire.Links, seats *budget.Seats) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		query, err := wire.ReadQuery(r)
		if err != nil {
			return err
		}
		leave, err := seats.Take(r.Context())
		if err != nil {
			return err
		}
		defer leave()
		page, err := secrets.ListDeleted(r.Context(), query)
		if err != nil {
			return err
		}
		return links.WritePage(budget.LeaveAtResponse(w, leave), r, page, query)
	})
}
