// Package restoresecret is Key Vault's Restore Secret.
package restoresecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/budget"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Restorer restores a backup, including its version ids.
type Restorer interface {
	Restore(ctx context.Context, blob secret.Value) (secret.Secret, error)
}

// Handler serves POST secrets/restore. It takes the seat for a large backup.
func Handler(secrets Restorer, large budget.Seat) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if wire.IsLargeRestore(r) {
			leave, err := large.Take(r.Context())
			if err != nil {
				return err
			}
			defer leave()
		}
		blob, err := wire.ReadRestore(w, r)
		if err != nil {
			return err
		}
		restored, err := secrets.Restore(r.Context(), blob)
		if err != nil {
			return err
		}
		return wire.WriteSecret(w, restored)
	})
}
