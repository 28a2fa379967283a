// Package backupsecret is Key Vault's Backup Secret.
package backupsecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/budget"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Backuper returns all versions of a secret as a blob that only Key Vault can read.
type Backuper interface {
	Backup(ctx context.Context, name string) (secret.Value, error)
}

// Handler serves POST secrets/{name}/backup. Nobody knows how large a backup is before it is
// there, so each one takes a seat until the response begins.
func Handler(secrets Backuper, seats *budget.Seats) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, _, err := wire.Target(r)
		if err != nil {
			return err
		}
		leave, err := seats.Take(r.Context())
		if err != nil {
			return err
		}
		defer leave()
		blob, err := secrets.Backup(r.Context(), name)
		if err != nil {
			return err
		}
		return wire.WriteBackup(budget.LeaveAtResponse(w, leave), blob)
	})
}
