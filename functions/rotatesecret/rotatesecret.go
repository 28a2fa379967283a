// Package rotatesecret starts a rotation on demand. It ignores expiry and rotation window, but the
// previous rotation must have finished.
package rotatesecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// Starter starts and plans rotations. Without wait, StartRotation returns as soon as the rotation
// is recorded. It reports whether the rotation has finished.
type Starter interface {
	StartRotation(ctx context.Context, name string, wait bool) (started wire.Rotation, finished bool, err error)
	PlanRotation(ctx context.Context, name string) (wire.RotationPlan, error)
}

// Handler serves POST secrets/{name}/rotate.
func Handler(rotations Starter, links wire.Links) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, _, err := wire.Target(r)
		if err != nil {
			return err
		}
		return Respond(w, r, rotations, links, name)
	})
}

// Respond starts the rotation of a secret and responds with its status. With ?wait=true it waits
// for the rotation's end. With ?dryRun=true it starts nothing and responds with the plan.
func Respond(w http.ResponseWriter, r *http.Request, rotations Starter, links wire.Links, name string) error {
	wait, err := wire.Flag(r, "wait")
	if err != nil {
		return err
	}
	dryRun, err := wire.Flag(r, "dryRun")
	if err != nil {
		return err
	}
	if dryRun {
		plan, err := rotations.PlanRotation(r.Context(), name)
		if err != nil {
			return err
		}
		return wire.WriteJSON(w, http.StatusOK, plan)
	}
	started, finished, err := rotations.StartRotation(r.Context(), name, wait)
	if err != nil {
		return err
	}
	return links.WriteRotation(w, r, started, finished)
}
