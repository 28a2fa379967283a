// Package listsecretversions is Key Vault's Get Secret Versions.
package listsecretversions

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Lister reads a page of a secret's versions, without values and in no useful order.
type Lister interface {
	ListVersions(ctx context.Context, name string, query secret.Query) (secret.Page, error)
}

// Handler answers GET secrets/{name}/versions.
func Handler(secrets Lister, list wire.Lister) http.Handler {
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
		return list.Write(w, r, page, query)
	})
}
