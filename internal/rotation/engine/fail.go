package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// fail turns a failed step into the attempt's outcome. What failed is noted on record, so that it
// can be seen and the next attempt waits; only somebody who waits for the answer gets it as an
// error.
func (a *attempt) fail(ctx context.Context, err error) error {
	ctx, cancel := a.noteContext(ctx)
	defer cancel()
	fault, isFault := errors.AsType[*rotation.Fault](err)
	permanent, unattended := isFault && fault.Permanent, !a.request.By.attended()
	switch {
	case errors.Is(err, errGaveWay), errors.Is(err, errWentOn): // the record is another worker's
		return a.gaveWay()
	case unattended && !a.durable && isFault && (a.evidence.forged || a.evidence.untagged || isNotARecord(err)):
		return a.end(rotation.Outcome{State: rotation.Attention, Note: fault.Reason, Alarm: true}) // nothing is written
	case a.durable && permanent && a.decision.step == attention && !a.readersMayFail():
		return a.askForAttention(ctx, fault.Reason)
	case a.durable:
		return a.tryLater(ctx, a.record.state, describe(err), permanent)
	case !unattended:
		return err
	case secret.IsMissing(err):
		return a.end(rotation.Outcome{State: rotation.None, Note: "The secret no longer exists."})
	case permanent && a.isInSecret():
		return a.noteWrong(ctx, fault)
	case a.latest.Version == "" || !isFault && (secret.IsVaultAway(err) || errors.Is(err, rotation.ErrLockLost)):
		return err // there is nothing to note it on: the platform tries again
	}
	return a.noteFailing(ctx, describe(err), permanent)
}

func (a *attempt) gaveWay() error {
	outcome := rotation.Outcome{State: rotation.Busy, Note: "Another rotation of this secret is under way, and goes on."}
	if a.readersMayFail() {
		outcome.Again = lastExposed
	}
	return a.end(outcome)
}

// noteContext is for what is written once an attempt has failed: the attempt's own time may be
// over. A worker that has lost its lock writes nothing.
func (a *attempt) noteContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if errors.Is(context.Cause(ctx), rotation.ErrLockLost) {
		return ctx, func() {}
	}
	return context.WithTimeout(context.WithoutCancel(ctx), a.Policy.Limit/noteShare)
}

// noteShare is the part of an attempt's limit that the note of a failure may take in addition. The
// settings leave a fifth of functionTimeout for it.
const noteShare = 8

func isNotARecord(err error) bool {
	_, is := errors.AsType[errNotARecord](err)
	return is
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

// The waits between attempts double from the first to the last. A fault that lasts is tried less
// often: each attempt may count as a failed login.
const (
	firstWait    = 5 * time.Second // a login that is cut off for a moment must not wait for a minute
	firstIfStuck = time.Minute
	lastWait     = time.Hour
	lastExposed  = time.Minute // while readers may be failing
)

// Failures are silent no longer once so many attempts have failed, or for so long.
const (
	alarmTries = 3
	alarmTime  = time.Hour
)

// failed is the record's progress after another failure. To wait until an interrupted attempt's
// change has settled is not one.
func (a *attempt) failed(reason string, stuck bool) record {
	changed, now := a.record, time.Now().UTC()
	changed.reason, changed.stuck = reason, stuck
	wait := a.until.Sub(now)
	if !a.evidence.unsettled {
		changed.tries++
		if changed.failing.IsZero() {
			changed.failing = now
		}
		first := firstWait
		if stuck {
			first = firstIfStuck
		}
		wait = min(lastWait, first<<min(changed.tries-1, 10))
	}
	if a.readersMayFail() {
		wait = min(wait, lastExposed)
	}
	changed.next = now.Add(wait)
	return changed
}

// isAlarming reports whether a person should know of the failures on record.
func (p progress) isAlarming(now time.Time) bool {
	return p.tries > 0 && (p.stuck || p.tries >= alarmTries || now.Sub(p.failing) >= alarmTime)
}

// readersMayFail reports whether the provider may have a value in class S that is not published.
func (a *attempt) readersMayFail() bool {
	return a.record.Class == rotation.Single && a.record.state == rotation.Intent && a.latest.Version != "" && !a.isPublished()
}

// tryLater keeps the state, and notes when the next attempt is worth it. The outcome is the same
// if that cannot be written.
func (a *attempt) tryLater(ctx context.Context, shown rotation.State, reason string, stuck bool) error {
	changed := a.failed(reason, stuck)
	outcome := rotation.Outcome{State: shown, Operation: a.record.Operation, Note: "The rotation goes on later: " + reason, Alarm: changed.isAlarming(time.Now())}
	if a.readersMayFail() {
		outcome.Again = time.Until(changed.next)
		outcome.Alarm = outcome.Alarm || time.Since(a.record.changing()) > time.Minute
	}
	if outcome.Alarm && shown != rotation.Blocked {
		outcome.State = rotation.Attention
	}
	if err := a.update(ctx, changed); err == nil {
		a.record = changed
	}
	return a.end(outcome)
}

// noteFailing notes a failure before an operation has begun.
func (a *attempt) noteFailing(ctx context.Context, reason string, stuck bool) error {
	if stale, err := a.isStale(ctx); err != nil {
		return err
	} else if stale { // another attempt's logins would come too soon after this one's
		return a.end(rotation.Outcome{State: rotation.Busy, Note: "Another worker went on with this secret since this attempt began."})
	}
	changed := a.failed(reason, stuck)
	if changed.saysWrong() { // the secret can be rotated now, and this fails
		changed.state, changed.since, changed.seen = rotation.None, time.Now().UTC(), ""
	}
	outcome := rotation.Outcome{State: changed.state, Note: "The rotation has not begun: " + reason, Alarm: changed.isAlarming(time.Now())}
	if outcome.Alarm {
		outcome.State = rotation.Attention
	}
	if a.record.version != "" {
		if err := a.update(ctx, changed); err != nil {
			return err
		}
		return a.end(outcome)
	}
	changed.content = content{Of: a.latest.Name, Base: a.latest.Version, At: time.Now().UTC()}
	changed.state, changed.since = rotation.None, changed.At
	return a.putOnRecord(ctx, changed, outcome)
}

// askForAttention stops the operation until a person has acted. If that cannot be written, the
// next attempt finds the same.
func (a *attempt) askForAttention(ctx context.Context, reason string) error {
	_ = a.enter(ctx, rotation.Attention, reason)
	return a.end(rotation.Outcome{State: rotation.Attention, Operation: a.record.Operation, Note: reason, Alarm: true})
}

// isStale reports whether the secret or its record has another version than this attempt has read.
// It reads both again: what the attempt read at its beginning is as old as its logins took, and a
// note on it would replace the record of a worker that has begun since.
func (a *attempt) isStale(ctx context.Context) (bool, error) {
	latest, err := a.Vault.Get(ctx, a.latest.Name, "")
	if err != nil || latest.Version != a.latest.Version {
		return err == nil, err
	}
	return a.isHidden(ctx)
}

// putOnRecord writes a record that begins no operation, and ends the attempt. A worker that began
// one after isStale looked is found by its record, which is hidden now; before the write, isStale
// has found that there is none.
func (a *attempt) putOnRecord(ctx context.Context, r record, outcome rotation.Outcome) (err error) {
	if a.record, err = a.writeRecord(ctx, a.latest.Name, r); err != nil {
		return err
	}
	err = a.giveWayIfMet(ctx)
	switch {
	case errors.Is(err, errGaveWay), errors.Is(err, errWentOn): // the record is another worker's
		return a.gaveWay()
	case err != nil:
		return err
	}
	return a.end(outcome)
}
