// Package rollbackrotation makes the value before a secret's last rotation the latest again.
package rollbackrotation

import (
	"context"
	"net/http"

	"rotunda/internal/wire"
)

// Reverter publishes the previous value as a new version, if the provider accepts it or can be
// made to accept it.
type Reverter interface {
	RollBackRotation(ctx context.Context, name string) (wire.Rotation, error)
}

// Handler serves POST secrets/{name}/rotation/rollback.
func Handler(rotations Reverter) http.Handler {
	return wire.RotationOperation(rotations.RollBackRotation)
}
