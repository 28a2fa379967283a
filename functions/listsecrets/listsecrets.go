// Package listsecrets is Key Vault's Get Secrets, extended by ?prefix= and ?tag=. Key Vault can't
// filter, so these filter its pages: a page can be short, or empty without being the last. All
// other lists have the same filters.
package listsecrets

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/budget"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Lister reads a page of all secrets, without values.
type Lister interface {
	List(ctx context.Context, query secret.Query) (secret.Page, error)
}

// Handler serves GET secrets. A request takes a seat until its response begins, because a page of
// the longest tags needs many times its size on the way.
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
		page, err := secrets.List(r.Context(), query)
		if err != nil {
			return err
		}
		return links.WritePage(budget.LeaveAtResponse(w, leave), r, page, query)
	})
}
