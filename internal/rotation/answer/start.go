package answer

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/rotation/engine"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// StartRotation starts a rotation by hand. Without Wait, it returns as soon as the rotation is
// on record. The rotation continues in this process as long as the instance lives, and in sweep
// otherwise.
func (r Rotations) StartRotation(ctx context.Context, name string, options wire.RotateOptions) (started wire.Rotation, finished bool, err error) {
	return r.byHand(ctx, engine.Request{Name: name, By: engine.ByHand, RetireNow: options.RetireNow}, options.Wait)
}

// ResumeRotation resumes an open rotation, and waits for the end of the attempt.
func (r Rotations) ResumeRotation(ctx context.Context, name string, adopt bool) (resumed wire.Rotation, finished bool, err error) {
	return r.byHand(ctx, engine.Request{Name: name, By: engine.ByResume, Adopt: adopt}, true)
}

// attempt is the result of a call to the engine.
type attempt struct {
	outcome rotation.Outcome
	err     error
}

// byHand makes an attempt that does not end with the caller, because a half-finished rotation is
// worse than one that nobody waits for.
func (r Rotations) byHand(ctx context.Context, request engine.Request, wait bool) (wire.Rotation, bool, error) {
	started, ended := make(chan struct{}, 1), make(chan attempt, 1)
	request.Started = func(rotation.Outcome) { started <- struct{}{} }
	r.Attempts.begin(request.Name)
	go func() {
		defer r.Attempts.end(request.Name)
		ended <- r.attempt(context.WithoutCancel(ctx), request)
	}()
	select {
	case a := <-ended:
		return r.result(ctx, request.Name, a, len(started) > 0)
	case <-started:
	}
	if wait {
		return r.result(ctx, request.Name, <-ended, true)
	}
	found, err := r.GetRotation(ctx, request.Name)
	return found, false, err
}

// attempt makes an attempt.
func (r Rotations) attempt(ctx context.Context, request engine.Request) attempt {
	outcome, err := r.rotate(ctx, request)
	return attempt{outcome, err}
}

// result returns what came of an attempt. started says whether the rotation was on record, so
// that the attempt did more than look.
func (r Rotations) result(ctx context.Context, name string, a attempt, started bool) (wire.Rotation, bool, error) {
	if a.err != nil {
		return wire.Rotation{}, false, forCaller(a.err)
	}
	if !started && a.outcome.State != rotation.Busy || a.outcome.State == rotation.Attention {
		return wire.Rotation{}, false, secret.Problemf(secret.ErrRotationRefused, "%s", a.outcome.Note)
	}
	found, err := r.GetRotation(ctx, name)
	found.Accepted = fromProofs(a.outcome.Proofs)
	return found, a.outcome.State == rotation.Retiring || a.outcome.State == rotation.Closed, err
}
