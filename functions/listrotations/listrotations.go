// Package listrotations tells where the rotation of each secret stands that has one.
package listrotations

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Lister tells of the secrets on a page of the vault's list that are rotated; next is "" on the last one.
type Lister interface {
	ListRotations(ctx context.Context, query secret.Query) (rotations []wire.Rotation, next string, err error)
}

// Handler answers GET rotations. The pages are the vault's, so one may be short, or empty and not the last.
func Handler(rotations Lister, list wire.Lister) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		query, err := wire.ReadQuery(r)
		if err != nil {
			return err
		}
		found, next, err := rotations.ListRotations(r.Context(), query)
		if err != nil {
			return err
		}
		return list.WriteRotations(w, r, found, next, query.MaxResults)
	})
}
