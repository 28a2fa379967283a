// Package retirerotation ends the grace period of a secret's rotation: the older credentials
// become invalid now. It is for operators after a leak.
package retirerotation

import (
	"context"
	"net/http"

	"rotunda/internal/wire"
)

// Retirer makes the credentials that a rotation has replaced invalid. The result reports, by
// probe, which credentials still log in.
type Retirer interface {
	RetireRotation(ctx context.Context, name string) (wire.Rotation, error)
}

// Handler serves POST secrets/{name}/rotation/retire.
func Handler(rotations Retirer) http.Handler {
	return wire.RotationOperation(rotations.RetireRotation)
}
