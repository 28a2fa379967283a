package answer

import (
	"context"
	"errors"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotation/engine"
)

// RotateExpiring rotates a secret because of an event about one of its versions.
func (r Rotations) RotateExpiring(ctx context.Context, name, version string) (note string, err error) {
	return r.unattended(ctx, engine.Request{Name: name, Version: version, By: engine.ByEvent})
}

// RotateDue rotates a secret that FindDue returned.
func (r Rotations) RotateDue(ctx context.Context, name string) (note string, err error) {
	return r.unattended(ctx, engine.Request{Name: name, By: engine.BySweep})
}

// unattended makes an attempt that nobody waits for. It reports success for a permanent fault,
// which is logged: to deliver the event again would not correct it. While the audit can't be
// written, nothing is begun.
func (r Rotations) unattended(ctx context.Context, request engine.Request) (string, error) {
	if err := r.Audit.Ready(); err != nil {
		return "", err
	}
	outcome, err := r.rotateWhileExposed(ctx, request)
	if fault, ok := errors.AsType[*rotation.Fault](err); ok && fault.Permanent {
		return request.Name + ": " + fault.Reason, nil
	}
	return request.Name + ": " + outcome.Note, err
}

// exposedTime is how long one invocation tries again while readers may be failing. The message of
// the next sweep takes over well before functionTimeout.
const exposedTime = 4 * time.Minute

// rotateWhileExposed makes attempts until readers are no longer failing for lack of one.
func (r Rotations) rotateWhileExposed(ctx context.Context, request engine.Request) (rotation.Outcome, error) {
	until := time.Now().Add(exposedTime)
	for {
		outcome, err := r.rotate(ctx, request)
		if err != nil || outcome.Again == 0 || time.Now().Add(outcome.Again).After(until) {
			return outcome, err
		}
		select {
		case <-time.After(outcome.Again):
		case <-ctx.Done():
			return outcome, nil
		}
		request.By, request.Version = engine.BySweep, "" // an open rotation, whatever has started it
	}
}

// FindDue lists the vault once, and returns the names of the secrets that need an attempt.
func (r Rotations) FindDue(ctx context.Context) ([]string, error) {
	due, err := r.Engine.Sweep(ctx, r.Secrets)
	if err != nil {
		return nil, err
	}
	return r.notQueued(ctx, due, time.Now()), nil
}
