// Package getrotation returns the status of a secret's rotation.
package getrotation

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// Getter returns the status of one secret's rotation.
type Getter interface {
	GetRotation(ctx context.Context, name string) (wire.Rotation, error)
}

// Handler serves GET secrets/{name}/rotation, the address in Operation-Location.
func Handler(rotations Getter) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, _, err := wire.Target(r)
		if err != nil {
			return err
		}
		found, err := rotations.GetRotation(r.Context(), name)
		if err != nil {
			return err
		}
		return wire.WriteJSON(w, http.StatusOK, found)
	})
}
