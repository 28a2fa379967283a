// Package restoresecret is Key Vault's Restore Secret.
package restoresecret

import (
	"context"
	"errors"
	"net/http"

	"rotunda/internal/access"
	"rotunda/internal/apierror"
	"rotunda/internal/budget"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Restorer restores a backup, including its version ids. Delete soft-deletes a secret.
type Restorer interface {
	Restore(ctx context.Context, blob secret.Value) (secret.Secret, error)
	Delete(ctx context.Context, name string) (secret.Secret, error)
}

// Handler serves POST secrets/restore. A large backup takes a seat, once it has arrived: a caller
// that sends slowly takes none.
func Handler(secrets Restorer, seats *budget.Seats) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		body, err := wire.ReadRestore(w, r)
		if err != nil {
			return err
		}
		if wire.IsLargeRestore(body) {
			leave, err := seats.Take(r.Context())
			if err != nil {
				return err
			}
			defer leave()
		}
		blob, err := wire.ParseRestore(body)
		if err != nil {
			return err
		}
		restored, err := secrets.Restore(r.Context(), blob)
		if err != nil {
			return err
		}
		access.CallFrom(r.Context()).Found(restored.Name)
		if secret.IsPending(restored.Name) {
			return takeBack(r.Context(), secrets, restored.Name)
		}
		return wire.WriteSecret(w, restored)
	})
}

// takeBack deletes a record of a rotation that came with a backup, and returns the error for the
// caller. Only the vault can read the name in a backup, so it is known only after the restore.
func takeBack(ctx context.Context, secrets Restorer, name string) error {
	if _, err := secrets.Delete(context.WithoutCancel(ctx), name); err != nil {
		return secret.Problemf(secret.ErrBadParameter,
			"The backup holds %s, a name that is reserved for Rotunda's record of a rotation. It was restored, and could not be deleted again: delete it in the vault.", name).
			Because(errors.New(err.Error())) // only for the log: the answer is this problem, whatever the vault said
	}
	return secret.Problemf(secret.ErrBadParameter,
		"The backup holds %s, a name that is reserved for Rotunda's record of a rotation. What was restored has been deleted again.", name)
}
