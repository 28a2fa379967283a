// Package recoverdeletedsecret is Key Vault's Recover Deleted Secret, with ours on top: ?wait=true.
package recoverdeletedsecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Recoverer starts a recovery, and waits until the vault has finished one.
type Recoverer interface {
	Recover(ctx context.Context, name string) (secret.Secret, error)
	AwaitRecovered(ctx context.Context, name string) error
}

// Handler answers POST deletedsecrets/{name}/recover.
func Handler(secrets Recoverer) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, _, err := wire.Target(r)
		if err != nil {
			return err
		}
		wait, err := wire.Flag(r, "wait")
		if err != nil {
			return err
		}
		recovered, err := secrets.Recover(r.Context(), name)
		if err != nil {
			return err
		}
		if wait {
			if err := secrets.AwaitRecovered(r.Context(), name); err != nil {
				return err
			}
		}
		return wire.WriteSecret(w, recovered)
	})
}
