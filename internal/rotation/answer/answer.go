// Package answer answers the functions about rotations. It passes their requests to the engine,
// and puts what the engine returns into the words of the API.
package answer

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"rotunda/internal/access"
	"rotunda/internal/apierror"
	"rotunda/internal/panics"
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
	Audit    Audit
}

// Audit keeps who started what. Ready returns an error while it is known that it can't, and Keep
// one if it could not.
type Audit interface {
	Ready() error
	Keep(ctx context.Context, decisions ...access.Decision) error
}

// Secrets reads the secrets of the vault.
type Secrets interface {
	Read(ctx context.Context, name, version string, fresh bool) (wire.Reading, error)
	engine.Lister
}

// rotate makes one attempt, logs it in one line, and keeps it in the audit.
func (r Rotations) rotate(ctx context.Context, request engine.Request) (rotation.Outcome, error) {
	began := time.Now()
	outcome, err := r.guarded(ctx, request.Name, func() (rotation.Outcome, error) { return r.Engine.Rotate(ctx, request) })
	return outcome, r.report(ctx, attempted{"rotation", access.Rotate, request.Name, starter(ctx, request.By), began}, outcome, err)
}

// guarded makes a call of the engine. It turns a panic into an error, so that the call is reported
// whatever it did, and because it may run on a goroutine of its own. What it left undone is
// resumed like any other interrupted rotation.
func (r Rotations) guarded(ctx context.Context, name string, call func() (rotation.Outcome, error)) (outcome rotation.Outcome, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panics.Error(cause)
			r.Log.ErrorContext(ctx, "the rotation panicked; it is resumed by sweep or by POST secrets/{name}/rotation/resume",
				"secret", name, "error", err.Error())
		}
	}()
	return call()
}

// attempted is a call of the engine: what it was for, and who or what wanted it.
type attempted struct {
	what    string
	action  access.Action
	name    string
	starter string
	began   time.Time
}

// starter names who or what wanted an attempt: a caller, or else Key Vault's event or the sweep.
func starter(ctx context.Context, by engine.Trigger) string {
	caller := access.CallerFrom(ctx)
	switch {
	case caller == nil && by == engine.ByEvent:
		return "event"
	case caller == nil && by == engine.BySweep:
		return "sweep"
	}
	return caller.String()
}

// report logs what came of a call of the engine, at the level warning where somebody should look,
// and keeps it in the audit. It returns err, or why it could not be kept.
func (r Rotations) report(ctx context.Context, a attempted, outcome rotation.Outcome, err error) error {
	level := slog.LevelInfo
	if outcome.Alarm || err != nil {
		level = slog.LevelWarn
	}
	attributes := []slog.Attr{
		slog.String("secret", a.name), slog.String("state", string(outcome.State)), slog.String("operation", outcome.Operation),
		slog.String("note", outcome.Note), slog.String("starter", a.starter), slog.Int64("ms", time.Since(a.began).Milliseconds()),
	}
	if err != nil {
		attributes = append(attributes, slog.String("error", err.Error()))
	}
	r.Log.LogAttrs(ctx, level, a.what, attributes...)
	kept := r.keep(ctx, a, outcome, err)
	if kept != nil {
		r.Log.ErrorContext(ctx, "an attempt is missing in the audit", "secret", a.name, "starter", a.starter, "operation", outcome.Operation, "error", kept.Error())
	}
	return cmp.Or(err, kept)
}

func (r Rotations) keep(ctx context.Context, a attempted, outcome rotation.Outcome, err error) error {
	d := access.Decision{Action: a.action, Secret: a.name, Allowed: true, Status: http.StatusOK, Operation: outcome.Operation}
	if err != nil {
		d.Status = apierror.For(forCaller(err)).Status
	}
	if call := access.CallFrom(ctx); call != nil {
		d = call.Complete(d)
	}
	d.Caller = a.starter
	return r.Audit.Keep(ctx, d)
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
