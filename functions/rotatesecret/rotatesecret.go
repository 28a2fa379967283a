// Package rotatesecret starts a rotation on demand. It ignores expiry and rotation window, but the
// previous rotation must have finished.
package rotatesecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// Starter starts and plans rotations. StartRotation reports whether the rotation has finished.
// PlanRotation returns what StartRotation would do with the same options.
type Starter interface {
	StartRotation(ctx context.Context, name string, options wire.RotateOptions) (started wire.Rotation, finished bool, err error)
	PlanRotation(ctx context.Context, name string, options wire.RotateOptions) (wire.RotationPlan, error)
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
// for the rotation's end. With ?retire=now it also rotates during a grace period, and makes every
// older credential invalid at once. With ?dryRun=true it starts nothing and responds with the
// plan.
func Respond(w http.ResponseWriter, r *http.Request, rotations Starter, links wire.Links, name string) error {
	options, err := wire.ReadRotateOptions(r)
	if err != nil {
		return err
	}
	if options.DryRun {
		plan, err := rotations.PlanRotation(r.Context(), name, options)
		if err != nil {
			return err
		}
		return wire.WriteJSON(w, http.StatusOK, plan)
	}
	started, finished, err := rotations.StartRotation(r.Context(), name, options)
	if err != nil {
		return err
	}
	return links.WriteRotation(w, r, started, finished)
}
