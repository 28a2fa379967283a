// Package listrotations lists the status of each secret's rotation.
package listrotations

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/budget"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Lister returns the rotations of the secrets on one page of the vault's list. next is "" on the
// last page.
type Lister interface {
	ListRotations(ctx context.Context, query secret.Query) (rotations []wire.Rotation, next string, err error)
}

// Handler serves GET rotations. Its pages are the vault's, filtered, so a page can be short, or
// empty without being the last. A request takes a seat until its response begins.
func Handler(rotations Lister, links wire.Links, seats *budget.Seats) http.Handler {
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
		found, next, err := rotations.ListRotations(r.Context(), query)
		if err != nil {
			return err
		}
		return links.WriteRotations(budget.LeaveAtResponse(w, leave), r, found, next, query.MaxResults)
	})
}
