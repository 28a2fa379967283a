// Package listsecretversions is Key Vault's Get Secret Versions.
package listsecretversions

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/budget"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Lister reads a page of a secret's versions, without values and in no particular order.
type Lister interface {
	ListVersions(ctx context.Context, name string, query secret.Query) (secret.Page, error)
}

// Handler serves GET secrets/{name}/versions. A request takes a seat until its response begins.
func Handler(secrets Lister, links wire.Links, seats *budget.Seats) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, _, err := wire.Target(r)
		if err != nil {
			return err
		}
		query, err := wire.ReadQuery(r)
		if err != nil {
			return err
		}
		leave, err := seats.Take(r.Context())
		if err != nil {
			return err
		}
		defer leave()
		page, err := secrets.ListVersions(r.Context(), name, query)
		if err != nil {
			return err
		}
		return links.WritePage(budget.LeaveAtResponse(w, leave), r, page, query)
	})
}
