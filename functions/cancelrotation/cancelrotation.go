// Package cancelrotation abandons a secret's open rotation, for operators who don't want it to
// finish.
package cancelrotation

import (
	"context"
	"net/http"

	"rotunda/internal/wire"
)

// Canceller abandons an open rotation, based on evidence: it revokes what was applied but not
// published, if the class allows that, and otherwise reports what is left.
type Canceller interface {
	CancelRotation(ctx context.Context, name string) (wire.Rotation, error)
}

// Handler serves POST secrets/{name}/rotation/cancel.
func Handler(rotations Canceller) http.Handler {
	return wire.RotationOperation(rotations.CancelRotation)
}
