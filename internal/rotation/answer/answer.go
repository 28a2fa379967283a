// Package answer answers the functions about rotations. It passes their requests to the engine,
// and puts what the engine returns into the words of the API.
package answer

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

// Rotations is what functions start, resume and read rotations through.
type Rotations struct {
	Engine   *engine.Engine
	Secrets  Secrets
	Log      *slog.Logger
	Attempts *Attempts
}

// Secrets reads the secrets of the vault.
type Secrets interface {
	Read(ctx context.Context, name, version string, fresh bool) (wire.Reading, error)
	engine.Lister
}

// rotate makes one attempt, and logs it in one line.
func (r Rotations) rotate(ctx context.Context, request engine.Request) (rotation.Outcome, error) {
	began := time.Now()
	outcome, err := r.Engine.Rotate(ctx, request)
	r.logAttempt(ctx, "rotation", request.Name, began, outcome, err)
	return outcome, err
}

// logAttempt logs what came of a call of the engine, at the level warning where somebody should
// look.
func (r Rotations) logAttempt(ctx context.Context, what, name string, began time.Time, outcome rotation.Outcome, err error) {
	level := slog.LevelInfo
	if outcome.Alarm || err != nil {
		level = slog.LevelWarn
	}
	attributes := []slog.Attr{
		slog.String("secret", name), slog.String("state", string(outcome.State)), slog.String("operation", outcome.Operation),
		slog.String("note", outcome.Note), slog.Int64("ms", time.Since(began).Milliseconds()),
	}
	if err != nil {
		attributes = append(attributes, slog.String("error", err.Error()))
	}
	r.Log.LogAttrs(ctx, level, what, attributes...)
}

// forCaller puts an error of the engine into the words of the API.
func forCaller(err error) error {
	fault, ok := errors.AsType[*rotation.Fault](err)
	switch {
	case ok && fault.Permanent:
		return secret.Problemf(secret.ErrRotationRefused, "%s", fault.Reason)
	case ok:
		return secret.Problemf(secret.ErrRotationDelayed, "%s", fault.Reason)
	case errors.Is(err, rotation.ErrLockLost), errors.Is(err, context.DeadlineExceeded):
		return secret.Problemf(secret.ErrRotationDelayed, "The attempt was interrupted before anything changed. Try again.").Because(err)
	}
	return err
}
