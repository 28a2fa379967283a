// Package resumerotations resumes all rotations that need attention, for operators who have fixed
// a cause that many of them share.
package resumerotations

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// Resumer resumes every rotation in a state, and returns those that it resumed.
type Resumer interface {
	ResumeRotations(ctx context.Context, state string) ([]wire.Rotation, error)
}

// Handler serves POST rotations/resume?state=attention. The state is required, so that a request
// without it resumes nothing.
func Handler(rotations Resumer, links wire.Links) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		state, err := wire.StateToResume(r)
		if err != nil {
			return err
		}
		resumed, err := rotations.ResumeRotations(r.Context(), state)
		if err != nil {
			return err
		}
		return links.WriteRotations(w, r, resumed, "", 0)
	})
}
