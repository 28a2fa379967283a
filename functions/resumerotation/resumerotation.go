// Package resumerotation immediately resumes a rotation that was interrupted or needs attention.
// It is for operators who have fixed the cause. It does not start new rotations.
package resumerotation

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// Resumer resumes an open rotation and reports whether it has finished. With adopt, a record
// counts as the app's though nothing proves it.
type Resumer interface {
	ResumeRotation(ctx context.Context, name string, adopt bool) (rotation wire.Rotation, finished bool, err error)
}

// Handler serves POST secrets/{name}/rotation/resume. It waits until the attempt ends.
func Handler(rotations Resumer, links wire.Links) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, _, err := wire.Target(r)
		if err != nil {
			return err
		}
		adopt, err := wire.Flag(r, "adopt")
		if err != nil {
			return err
		}
		rotation, finished, err := rotations.ResumeRotation(r.Context(), name, adopt)
		if err != nil {
			return err
		}
		return links.WriteRotation(w, r, rotation, finished)
	})
}
