// Package rotatesecret starts a rotation by hand. It needs no expiry and no window, only that the one before is over.
package rotatesecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// Starter starts a rotation, and plans one. Without wait it returns as soon as the rotation is on record; finished tells
// whether it is done.
type Starter interface {
	StartRotation(ctx context.Context, name string, wait bool) (started wire.Rotation, finished bool, err error)
	PlanRotation(ctx context.Context, name string) (wire.RotationPlan, error)
}

// Handler answers POST secrets/{name}/rotate.
func Handler(rotations Starter, list wire.Lister) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, _, err := wire.Target(r)
		if err != nil {
			return err
		}
		return Answer(w, r, rotations, list, name)
	})
}

// Answer starts the rotation of a secret, or with ?dryRun=true tells what it would do. ?wait=true waits for its end.
func Answer(w http.ResponseWriter, r *http.Request, rotations Starter, list wire.Lister, name string) error {
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
	return list.WriteRotation(w, r, started, finished)
}
