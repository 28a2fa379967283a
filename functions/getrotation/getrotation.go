// Package getrotation returns the status of a secret's rotation.
package getrotation

import (
	"context"
	"net/http"

	"rotunda/internal/wire"
)

// Getter returns the status of one secret's rotation.
type Getter interface {
	GetRotation(ctx context.Context, name string) (wire.Rotation, error)
}

// Handler serves GET secrets/{name}/rotation, the address in Operation-Location.
func Handler(rotations Getter) http.Handler {
	return wire.RotationOperation(rotations.GetRotation)
}
