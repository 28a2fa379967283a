// Package getaccess tells a caller who it is to the app, and what it may do.
package getaccess

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// Describer returns who the caller of a context is and what it may do, or what it may do to one
// secret if name is not "".
type Describer interface {
	Describe(ctx context.Context, name string) wire.Access
}

// Handler serves GET access?secret=.
func Handler(access Describer) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		query, name := r.URL.Query(), ""
		if query.Has("secret") {
			var err error
			if name, err = wire.ParseName(query.Get("secret")); err != nil {
				return err
			}
		}
		return wire.WriteJSON(w, http.StatusOK, access.Describe(r.Context(), name))
	})
}
