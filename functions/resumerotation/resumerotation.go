// Package resumerotation goes on with a rotation that broke off or needs attention, at once: for an operator who has
// mended what was wrong. It starts none.
package resumerotation

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// Resumer goes on with an open rotation. finished tells whether it is done.
type Resumer interface {
	ResumeRotation(ctx context.Context, name string) (rotation wire.Rotation, finished bool, err error)
}

// Handler answers POST secrets/{name}/rotation/resume. It waits for the attempt's end.
func Handler(rotations Resumer, list wire.Lister) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, _, err := wire.Target(r)
		if err != nil {
			return err
		}
		rotation, finished, err := rotations.ResumeRotation(r.Context(), name)
		if err != nil {
			return err
		}
		return list.WriteRotation(w, r, rotation, finished)
	})
}
