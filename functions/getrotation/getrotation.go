// Package getrotation tells where the rotation of a secret stands.
package getrotation

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// Getter tells of one secret.
type Getter interface {
	GetRotation(ctx context.Context, name string) (wire.Rotation, error)
}

// Handler answers GET secrets/{name}/rotation, which is what Operation-Location names.
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
