// Package restorerotationtags puts a secret's rotation tags back after a new version was set
// without them, which stops its rotation.
package restorerotationtags

import (
	"context"
	"net/http"

	"rotunda/internal/wire"
)

// Restorer sets the rotation tags of the last rotation on the latest version, and keeps its other
// tags.
type Restorer interface {
	RestoreTags(ctx context.Context, name string) (wire.Rotation, error)
}

// Handler serves POST secrets/{name}/rotation/tags.
func Handler(rotations Restorer) http.Handler {
	return wire.RotationOperation(rotations.RestoreTags)
}
