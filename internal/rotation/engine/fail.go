package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// fail turns a failed step into the attempt's outcome: it is noted on record if there is one, and
// returned as an error if not.
func (a *attempt) fail(ctx context.Context, err error) error {
	fault, isFault := errors.AsType[*rotation.Fault](err)
	unattended := !a.request.By.attended()
	switch permanent := isFault && fault.Permanent; {
	case errors.Is(err, errGaveWay):
		return a.end(rotation.Outcome{State: rotation.Busy, Note: "Another rotation of this secret is under way, and goes on."})
	case a.durable && permanent:
		return a.askForAttention(ctx, fault.Reason)
	case a.durable:
		return a.tryLater(ctx, a.record.state, describe(err))
	case permanent && unattended:
		return a.noteWrong(ctx, fault)
	case secret.IsMissing(err) && unattended:
		return a.end(rotation.Outcome{State: rotation.None, Note: "The secret no longer exists."})
	}
	return err
}

// describe puts a failure into words that may be shown.
func describe(err error) string {
	if fault, ok := errors.AsType[*rotation.Fault](err); ok {
		return fault.Reason
	}
	if problem, ok := errors.AsType[*secret.Problem](err); ok {
		return problem.Message
	}
	if status, inner := secret.RefusedWith(err); status != 0 {
		return fmt.Sprintf("The vault refused (%d %s).", status, inner)
	}
	if errors.Is(err, rotation.ErrLockLost) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return "The attempt was interrupted."
	}
	return "The attempt failed inside the app."
}

// The waits between attempts double from the first to the last.
const (
	firstWait = 5 * time.Second // a login that is cut off for a moment must not wait for a minute
	lastWait  = time.Hour
)

// tryLater keeps the state, and notes when the next attempt is worth it. The outcome is the same
// if that cannot be written.
func (a *attempt) tryLater(ctx context.Context, shown rotation.State, reason string) error {
	changed := a.record
	changed.tries++
	changed.reason = reason
	changed.next = time.Now().UTC().Add(min(lastWait, firstWait<<min(changed.tries-1, 10)))
	if err := a.update(ctx, changed); err == nil {
		a.record = changed
	}
	return a.end(rotation.Outcome{State: shown, Operation: a.record.Operation, Note: "The rotation goes on later: " + reason})
}

// askForAttention stops the operation until a person has acted. If that cannot be written, the
// next attempt finds the same.
func (a *attempt) askForAttention(ctx context.Context, reason string) error {
	_ = a.enter(ctx, rotation.Attention, reason)
	return a.end(rotation.Outcome{State: rotation.Attention, Operation: a.record.Operation, Note: reason, Alarm: true})
}

// noteWrong notes that a secret cannot be rotated as it is, so that this is reported once and not
// at each sweep.
func (a *attempt) noteWrong(ctx context.Context, fault *rotation.Fault) error {
	outcome := rotation.Outcome{State: rotation.Attention, Note: fault.Reason, Alarm: true}
	switch {
	case a.latest.Version != "" && !rotation.IsManaged(a.latest.Tags): // most secrets are not
		return a.end(rotation.Outcome{State: a.state(), Note: fault.Reason})
	case a.latest.Version == "", a.isKnownWrong():
		return a.end(outcome)
	case a.isOutdated():
		return a.end(rotation.Outcome{State: a.state(), Note: noteOutdated})
	}
	latest, err := a.Vault.Get(ctx, a.latest.Name, "")
	if err == nil && latest.Version != a.latest.Version { // what is wrong was wrong with another version
		*a = *a.newAttempt(a.request)
		return nil
	}
	if err == nil {
		err = a.writeWrong(ctx, fault)
	}
	switch {
	case errors.Is(err, errGaveWay):
		return a.fail(ctx, err)
	case err != nil:
		return err
	}
	return a.end(outcome)
}

// writeWrong puts on record what is wrong, unless another worker has begun a rotation: its record
// must not be hidden.
func (a *attempt) writeWrong(ctx context.Context, fault *rotation.Fault) (err error) {
	now := time.Now().UTC()
	wrong := record{content: content{Of: a.latest.Name, Base: a.latest.Version, At: now}, progress: progress{
		state: rotation.Attention, since: now, reason: fault.Reason, seen: fingerprintOf(a.latest),
		lastSuccess: a.record.lastSuccess, exposure: a.record.exposure, control: a.record.control,
	}}
	a.record = wrong
	if err := a.giveWayIfMet(ctx); err != nil {
		return err
	}
	if a.record, err = a.writeRecord(ctx, a.latest.Name, wrong); err != nil {
		return err
	}
	return a.giveWayIfMet(ctx) // once more: a record that was written in between is hidden now
}
