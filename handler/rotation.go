package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotation/engine"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// rotations joins the engine with the functions: their words in, its words out, one log line per attempt.
type rotations struct {
	engine  *engine.Engine
	secrets secrets
	log     *slog.Logger
}

// StartRotation starts one by hand. Without wait it returns once the rotation is on record; the rest goes on, here while
// this instance lives, and by sweep if it does not.
func (r rotations) StartRotation(ctx context.Context, name string, wait bool) (wire.Rotation, bool, error) {
	return r.byHand(ctx, engine.Request{Name: name, By: engine.ByHand}, wait)
}

// ResumeRotation goes on with an open one and waits for the attempt's end.
func (r rotations) ResumeRotation(ctx context.Context, name string) (wire.Rotation, bool, error) {
	return r.byHand(ctx, engine.Request{Name: name, By: engine.ByResume}, true)
}

// attempt is what came of an engine's call.
type attempt struct {
	outcome rotation.Outcome
	err     error
}

func (r rotations) byHand(ctx context.Context, request engine.Request, wait bool) (wire.Rotation, bool, error) {
	started, ended := make(chan struct{}, 1), make(chan attempt, 1)
	request.Started = func(rotation.Outcome) { started <- struct{}{} }
	go func() { // not the caller's to cancel: a rotation half done is worse than one that nobody waits for
		outcome, err := r.rotate(context.WithoutCancel(ctx), request)
		ended <- attempt{outcome, err}
	}()
	select {
	case a := <-ended:
		return r.answer(ctx, request.Name, a, len(started) > 0)
	case <-started:
	}
	if wait {
		return r.answer(ctx, request.Name, <-ended, true)
	}
	found, err := r.GetRotation(ctx, request.Name)
	return found, false, err
}

// answer tells a caller what came of an attempt. begun: it was more than a look.
func (r rotations) answer(ctx context.Context, name string, a attempt, begun bool) (wire.Rotation, bool, error) {
	if a.err != nil {
		return wire.Rotation{}, false, forCaller(a.err)
	}
	if !begun && a.outcome.State != rotation.Busy || a.outcome.State == rotation.Attention {
		return wire.Rotation{}, false, secret.Problemf(secret.ErrRotationRefused, "%s", a.outcome.Note)
	}
	found, err := r.GetRotation(ctx, name)
	return found, a.outcome.State == rotation.Retiring || a.outcome.State == rotation.Closed, err
}

// forCaller puts the engine's failures into the words of the API.
func forCaller(err error) error {
	fault, ok := errors.AsType[*rotation.Fault](err)
	switch {
	case ok && fault.Permanent:
		return secret.Problemf(secret.ErrRotationRefused, "%s", fault.Reason)
	case ok:
		return secret.Problemf(secret.ErrRotationDelayed, "%s", fault.Reason)
	case errors.Is(err, rotation.ErrLockLost), errors.Is(err, context.DeadlineExceeded):
		return secret.Problemf(secret.ErrRotationDelayed, "The attempt was broken off before anything changed. Try again.").Because(err)
	}
	return err
}

// rotate is every attempt's way to the engine.
func (r rotations) rotate(ctx context.Context, request engine.Request) (rotation.Outcome, error) {
	began := time.Now()
	outcome, err := r.engine.Rotate(ctx, request)
	level := slog.LevelInfo
	if outcome.Alarm || err != nil {
		level = slog.LevelWarn
	}
	attributes := []slog.Attr{
		slog.String("secret", request.Name), slog.String("state", string(outcome.State)), slog.String("operation", outcome.Operation),
		slog.String("note", outcome.Note), slog.Int64("ms", time.Since(began).Milliseconds()),
	}
	if err != nil {
		attributes = append(attributes, slog.String("error", err.Error()))
	}
	r.log.LogAttrs(ctx, level, "rotation", attributes...)
	return outcome, err
}

// RotateExpiring is for an event about a version.
func (r rotations) RotateExpiring(ctx context.Context, name, version string) (string, error) {
	return r.unattended(ctx, engine.Request{Name: name, Version: version, By: engine.ByEvent})
}

// RotateDue is for what a sweep found.
func (r rotations) RotateDue(ctx context.Context, name string) (string, error) {
	return r.unattended(ctx, engine.Request{Name: name, By: engine.BySweep})
}

// unattended answers a permanent fault with success: it is logged, and delivering the event again would not mend it.
func (r rotations) unattended(ctx context.Context, request engine.Request) (string, error) {
	outcome, err := r.rotate(ctx, request)
	if fault, ok := errors.AsType[*rotation.Fault](err); ok && fault.Permanent {
		return request.Name + ": " + fault.Reason, nil
	}
	return request.Name + ": " + outcome.Note, err
}

// FindDue lists the vault once.
func (r rotations) FindDue(ctx context.Context) ([]string, error) {
	return r.engine.Sweep(ctx, r.secrets)
}

// ReadPrevious reads the version that was the latest before the last rotation.
func (r rotations) ReadPrevious(ctx context.Context, name string) (wire.Reading, error) {
	version, err := r.engine.Previous(ctx, name)
	if errors.Is(err, engine.ErrNoStage) {
		return wire.Reading{}, secret.Problemf(secret.ErrNoStage, "The secret %s was not rotated yet, so it has no previous version.", name)
	}
	if err != nil {
		return wire.Reading{}, forCaller(err)
	}
	return r.secrets.Read(ctx, name, version, false)
}

// ReadPending reads what is about to be published. It is never kept in memory.
func (r rotations) ReadPending(ctx context.Context, name string) (wire.Reading, error) {
	pending, err := r.engine.Pending(ctx, name)
	if errors.Is(err, engine.ErrNoStage) {
		return wire.Reading{}, secret.Problemf(secret.ErrNoStage, "The secret %s has no pending value: no rotation is under way, or its provider makes the value.", name)
	}
	if err != nil {
		return wire.Reading{}, forCaller(err)
	}
	rendered, err := wire.Render(pending)
	return wire.Reading{Rendered: rendered}, err
}
