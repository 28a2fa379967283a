// Package getsecret is Key Vault's Get Secret, with ours on top: ETag and 304, and the bare value
// for shell scripts.
package getsecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Getter reads a version, or the latest when version is "".
type Getter interface {
	Get(ctx context.Context, name, version string) (secret.Secret, error)
}

// Handler answers GET secrets/{name}/{version?}.
func Handler(secrets Getter) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, version, err := wire.Target(r)
		if err != nil {
			return err
		}
		found, err := secrets.Get(r.Context(), name, version)
		switch {
		case err != nil:
			return err
		case wire.HasVersion(r, found.Version):
			return wire.WriteNotModified(w, found)
		case wire.WantsText(r):
			return wire.WriteText(w, found)
		}
		return wire.WriteSecret(w, found)
	})
}
