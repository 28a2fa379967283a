// Package listsecretversions is Key Vault's Get Secret Versions.
package listsecretversions

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Lister reads a page of a secret's versions, without values and in no particular order.
type Lister interface {
	ListVersions(ctx context.Context, name string, query secret.Query) (secret.Page, error)
}

// Handler serves GET secrets/{name}/versions.
func Handler(secrets Lister, links wire.Links) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, _, err := wire.Target(r)
		if err != nil {
			return err
		}
		query, err := wire.ReadQuery(r)
		if err != nil {
			return err
		}
		page, err := secrets.ListVersions(r.Context(), name, query)
		if err != nil {
			return err
		}
		return links.WritePage(w, r, page, query)
	})
}
