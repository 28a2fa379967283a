package engine

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// What is particular to requests that end old credentials before their grace period is over.

// endsNow reports whether the request is one.
func (r Request) endsNow() bool { return r.By == ByRetire || r.RetireNow }

// maxPerRequest is more than a request takes: one attempt ends the last rotation's old credential,
// one what that leaves, one rotates, and one ends what that leaves.
const maxPerRequest = 5

// attempts makes one attempt, and others right after it for as long as the request ends old
// credentials and there are any: whoever asks for that must not have to ask twice.
func (e *Engine) attempts(ctx context.Context, request Request) (rotation.Outcome, error) {
	var before rotation.Outcome
	rotated := false
	request.Started = once(request.Started)
	for n := 1; ; n++ {
		a := e.newAttempt(request)
		outcome, err := a.run(ctx)
		rotated = rotated || a.evidence.fresh
		outcome.Proofs = slices.Concat(before.Proofs, outcome.Proofs)
		if before.Alarm && err == nil {
			outcome.Alarm, outcome.Note = true, before.Note+" "+strings.TrimPrefix(outcome.Note, before.Note)
		}
		if err != nil || n == maxPerRequest || !a.isFollowed(outcome, rotated) {
			return outcome, err
		}
		before = outcome
	}
}

// once returns a function that calls started the first time only, or nil.
func once(started func(rotation.Outcome)) func(rotation.Outcome) {
	if started == nil {
		return nil
	}
	var first sync.Once
	return func(o rotation.Outcome) { first.Do(func() { started(o) }) }
}

// isFollowed reports whether another attempt comes right after this one.
func (a *attempt) isFollowed(outcome rotation.Outcome, rotated bool) bool {
	switch {
	case !a.request.endsNow():
		return false
	case a.left: // it ends now, too
		return true
	}
	return a.request.RetireNow && !rotated && outcome.State == rotation.Closed && outcome.Retired // now it may begin
}

// noteEnded notes, before the provider changes, that a person ends the old credential. If this
// attempt is interrupted, the next one need not wait for the grace period.
func (a *attempt) noteEnded(ctx context.Context) error {
	if !a.request.endsNow() || a.record.ended && !time.Now().Before(a.record.retireAt) {
		return nil
	}
	changed := a.record
	changed.ended, changed.retireAt = true, time.Now().UTC()
	if err := a.update(ctx, changed); err != nil {
		return err
	}
	a.record = changed
	return nil
}

// errEnded keeps a rollback from what a person has ended.
var errEnded = rotation.Permanentf("The old credential was ended by hand, as after a leak, so it is not made valid again. " +
	"If the new one does not work, rotate to another one: POST …/rotate?retire=now.")

// same reports whether two values hold the same credential, in whatever form.
func (a *attempt) same(x, y secret.Value) bool {
	if !x.IsSet() || !y.IsSet() || x.Equal(y) {
		return x.IsSet() && x.Equal(y)
	}
	comparer, ok := a.rotator.(rotation.Comparer)
	return ok && comparer.Same(a.subject, x, y)
}
