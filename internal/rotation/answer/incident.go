package answer

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"rotunda/internal/access"
	"rotunda/internal/rotation"
	"rotunda/internal/rotation/engine"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// RetireRotation ends the old credential of a rotation before its grace period does.
func (r Rotations) RetireRotation(ctx context.Context, name string) (wire.Rotation, error) {
	outcome, err := r.rotate(context.WithoutCancel(ctx), engine.Request{Name: name, By: engine.ByRetire})
	return r.after(ctx, name, outcome, err, outcome.Retired)
}

// CancelRotation gives an open rotation up.
func (r Rotations) CancelRotation(ctx context.Context, name string) (wire.Rotation, error) {
	return r.byCall(ctx, name, "cancel", access.Rotate, r.Engine.Cancel, isCancelled)
}

// RollBackRotation makes the version before the last rotation the latest again.
func (r Rotations) RollBackRotation(ctx context.Context, name string) (wire.Rotation, error) {
	return r.byCall(ctx, name, "roll back", access.Rotate, r.Engine.RollBack, always)
}

// RestoreTags puts rotation tags back that the latest version has lost.
func (r Rotations) RestoreTags(ctx context.Context, name string) (wire.Rotation, error) {
	return r.byCall(ctx, name, "restore tags", access.ConfigureRotation, r.Engine.RestoreTags, always)
}

// byCall makes a call of the engine that does not end with the caller, and reports it.
func (r Rotations) byCall(ctx context.Context, name, what string, action access.Action,
	call func(context.Context, string) (rotation.Outcome, error), done func(rotation.Outcome) bool,
) (wire.Rotation, error) {
	began := time.Now()
	outcome, err := r.guarded(ctx, name, func() (rotation.Outcome, error) { return call(context.WithoutCancel(ctx), name) })
	err = r.report(ctx, attempted{what, action, name, starter(ctx, engine.ByHand), began}, outcome, err)
	return r.after(ctx, name, outcome, err, done(outcome))
}

func always(rotation.Outcome) bool { return true }

// isCancelled reports whether an operation has ended, and not only been looked at. One that ends
// with somebody else's version, or for a credential that the secret no longer names, says so as an
// alarm.
func isCancelled(outcome rotation.Outcome) bool {
	switch outcome.State {
	case rotation.Abandoned, rotation.None:
		return true
	case rotation.Closed, rotation.Retiring:
		return outcome.Alarm
	}
	return false
}

// after returns the status once a call has ended. done reports whether it did what was asked.
func (r Rotations) after(ctx context.Context, name string, outcome rotation.Outcome, err error, done bool) (wire.Rotation, error) {
	if err != nil {
		return wire.Rotation{}, forCaller(err)
	}
	if !done {
		return wire.Rotation{}, secret.Problemf(secret.ErrRotationRefused, "%s", outcome.Note)
	}
	found, err := r.GetRotation(ctx, name)
	if secret.IsMissing(err) { // it was purged, and its rotation has ended now
		found, err = fromStatus(engine.Status{Name: name, State: outcome.State, Operation: outcome.Operation, Reason: outcome.Note}), nil
	}
	found.Accepted = fromProofs(outcome.Proofs)
	return found, err
}

func fromProofs(proofs []rotation.Proof) []wire.Acceptance {
	accepted := make([]wire.Acceptance, len(proofs))
	for i, p := range proofs {
		accepted[i] = wire.Acceptance{Credential: p.Credential, Version: p.Version, Verdict: p.Verdict.String()}
	}
	return accepted
}

// resumesAtOnce is how many rotations ResumeRotations resumes at the same time.
const resumesAtOnce = 4

// ResumeRotations resumes every rotation in a state that the caller may resume, and returns where
// each stands then. Once the caller has gone, no other one is resumed.
func (r Rotations) ResumeRotations(ctx context.Context, state string) ([]wire.Rotation, error) {
	names, err := r.inState(ctx, state)
	if err != nil {
		return nil, err
	}
	resumed := make([]wire.Rotation, len(names))
	var attempts errgroup.Group // an error of one does not keep the others from being resumed
	attempts.SetLimit(resumesAtOnce)
	for i, name := range names {
		attempts.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			_ = r.attempt(context.WithoutCancel(ctx), engine.Request{Name: name, By: engine.ByResume}) // its status says what came of it
			resumed[i], err = r.listed(context.WithoutCancel(ctx), name, "")
			return err
		})
	}
	err = attempts.Wait()
	return slices.DeleteFunc(resumed, func(r wire.Rotation) bool { return r.Name == "" }), err
}

func (r Rotations) inState(ctx context.Context, state string) (names []string, err error) {
	for query := (secret.Query{Filter: secret.Filter{Visible: access.SelectionFrom(ctx)}}); ; {
		page, next, err := r.ListRotations(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, found := range page {
			if found.State == state {
				names = append(names, found.Name)
			}
		}
		if query.Next = next; next == "" {
			return names, nil
		}
	}
}
