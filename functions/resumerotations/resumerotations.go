// Package resumerotations resumes all rotations that need attention, for operators who have fixed
// a cause that many of them share.
package resumerotations

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/budget"
	"rotunda/internal/wire"
)

// Resumer resumes every rotation in a state, and returns those that it resumed.
type Resumer interface {
	ResumeRotations(ctx context.Context, state string) ([]wire.Rotation, error)
}

// Handler serves POST rotations/resume?state=attention. The state is required, so that a request
// without it resumes nothing. A request takes a seat until its response begins: it lists all
// secrets.
func Handler(rotations Resumer, links wire.Links, seats *budget.Seats) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		state, err := wire.StateToResume(r)
		if err != nil {
			return err
		}
		leave, err := seats.Take(r.Context())
		if err != nil {
			return err
		}
		defer leave()
		resumed, err := rotations.ResumeRotations(r.Context(), state)
		if err != nil {
			return err
		}
		return links.WriteRotations(budget.LeaveAtResponse(w, leave), r, resumed, "", 0)
	})
}
