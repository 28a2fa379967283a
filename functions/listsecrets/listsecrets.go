// Package listsecrets is Key Vault's Get Secrets, with ours on top: ?prefix= and ?tag=. Key Vault
// can't filter, so these thin out its pages: a page may be short, or empty and not the last.
package listsecrets

import (
	"context"
	"net/http"
	"slices"

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
		filter, err := wire.ReadFilter(r)
		if err != nil {
			return err
		}
		page, err := secrets.List(r.Context(), query)
		if err != nil {
			return err
		}
		page.Secrets = slices.DeleteFunc(page.Secrets, func(s secret.Secret) bool { return !filter.Matches(s) })
		return list.Write(w, r, page, query)
	})
}
