package rotation

import (
	"context"
	"errors"
	"time"

	"rotunda/internal/secret"
)

// Status is where a secret's rotation stands, in words and times, without any value.
type Status struct {
	Name        string
	Rotator     string
	Class       Class // "" where it can't be told
	State       State
	Operation   string
	Since       time.Time // of the state; zero if never rotated
	LastSuccess time.Time
	NextDue     time.Time // zero: only by hand
	NextTry     time.Time // of what failed
	Tries       int       // that failed since the last success
	Reason      string    // what a human should know or do
	Exposure    time.Duration
}

// Status tells of one secret. It changes nothing, and asks no provider.
func (e *Engine) Status(ctx context.Context, name string) (Status, error) {
	j := &job{Engine: e, request: Request{Name: name}}
	err := j.peek(ctx)
	if fault, ok := errors.AsType[*Fault](err); err != nil && (!ok || !fault.Permanent) {
		return Status{}, err
	}
	r := j.record
	s := Status{
		Name: name, Rotator: kind(j.live.Tags), Class: j.plan.Class, State: j.state(), Operation: r.Operation, Since: r.since, LastSuccess: r.lastSuccess,
		NextTry: r.next, Tries: r.tries, Reason: r.reason, Exposure: r.exposure,
	}
	switch {
	case err != nil:
		s.State, s.Reason = Attention, err.Error()
		if !IsManaged(j.live.Tags) && !r.open() {
			s.State = None
		}
	case j.live.Version == "":
		s.State, s.Reason = Blocked, deletedReason
	default:
		s.NextDue = j.schedule.due(j.live)
		if r.state == Attention && r.Operation == "" && !j.givenUp() { // what was wrong was mended since
			s.State, s.Reason = None, ""
		}
	}
	return s, nil
}

// peek reads as an attempt does, but recovers nothing.
func (j *job) peek(ctx context.Context) error {
	var err error
	if j.record, err = j.lookUp(ctx, j.request.Name); err != nil {
		return err
	}
	j.durable = j.record.open()
	if err := j.readLive(ctx); err != nil || j.live.Version == "" {
		return err
	}
	return j.understand(ctx)
}

// Preview is what a rotation would do.
type Preview struct {
	Rotator  string
	Class    Class
	Identity string
	Warnings []string
	Problem  string // why it would not begin, or not succeed; "" if it would
}

// Preview plans a rotation and makes its preflight checks: it logs in at the provider, and changes nothing.
func (e *Engine) Preview(ctx context.Context, name string) (Preview, error) {
	ctx, cancel := context.WithTimeout(ctx, e.Policy.Limit)
	defer cancel()
	j := &job{Engine: e, request: Request{Name: name, By: ByHand}}
	err := j.peek(ctx)
	p := Preview{Rotator: kind(j.live.Tags), Class: j.plan.Class, Identity: j.plan.Identity, Warnings: j.plan.Warnings}
	if j.plan.Class == Single {
		p.Warnings = append(p.Warnings, "Class S: readers may fail for a moment, between the provider's change and the new version. Prefer two logins or a provider that takes two passwords.")
	}
	switch {
	case err == nil && j.live.Version == "":
		p.Problem = deletedReason
	case err == nil && j.record.open():
		p.Problem = j.notYet(time.Now())
	case err == nil:
		if p.Problem = j.notNow(time.Now()); p.Problem == "" {
			err = j.way.preflight(ctx)
		}
	}
	if fault, ok := errors.AsType[*Fault](err); ok {
		p.Problem, err = fault.Reason, nil
	}
	return p, err
}

// Previous gives the version that was the latest before the last rotation.
func (e *Engine) Previous(ctx context.Context, name string) (version string, err error) {
	r, err := e.lookUp(ctx, name)
	if err != nil {
		return "", err
	}
	if r.Operation == "" || r.state != Retiring && r.state != Closed {
		return "", ErrNoStage
	}
	return r.Base, nil
}

// Pending gives the value that is about to be published, as if it were a version of the secret.
func (e *Engine) Pending(ctx context.Context, name string) (secret.Secret, error) {
	r, err := e.lookUp(ctx, name)
	if err != nil {
		return secret.Secret{}, err
	}
	if !r.open() || r.state == Retiring || r.Value == nil {
		return secret.Secret{}, ErrNoStage
	}
	return secret.Secret{ID: r.id, Name: name, Version: r.version, Value: r.pending(), Attributes: secret.Attributes{Created: &r.At, Updated: &r.At}}, nil
}

// ErrNoStage is when a secret has no version in the role that was asked for.
var ErrNoStage = errors.New("no version has this role")

// lookUp gives the record of a secret, or a zero one, and leaves a deleted one where it is.
func (e *Engine) lookUp(ctx context.Context, name string) (record, error) {
	found, err := e.Vault.Get(ctx, secret.PendingName(name), "")
	if isMissing(err) {
		return record{}, nil
	}
	if err != nil {
		return record{}, err
	}
	return parseRecord(found)
}
