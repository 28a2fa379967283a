package engine

import (
	"context"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// This file is about secrets that cannot be rotated as they are.

// isInSecret reports whether a permanent fault lies in the secret's own tags and value, so that
// only a change of these can help. Any other may be corrected elsewhere: at the provider, in its
// administrator's secret, or in the app's settings.
func (a *attempt) isInSecret() bool {
	return !a.outside && (a.decision.step == read || a.decision.step == reread || a.decision.step == abandon)
}

// saysWrong reports whether the record says that its secret could not be rotated.
func (r record) saysWrong() bool { return r.state == rotation.Attention && r.Operation == "" }

// isKnownWrong reports whether the secret was found impossible to rotate, and has not changed
// since.
func (a *attempt) isKnownWrong() bool {
	return a.record.saysWrong() && a.record.seen == fingerprintOf(a.latest)
}

// looksAgain reports whether it is time to check again if that was corrected elsewhere.
func (p progress) looksAgain(now time.Time) bool {
	return !p.next.IsZero() && !now.Before(p.next)
}

// isCorrected reports whether a secret that was read without a fault is in order, though its
// record says that it can't be rotated. One that is due has yet to be tried: by a sweep within an
// hour, or by resume at once.
func (a *attempt) isCorrected(now time.Time) bool {
	due := a.schedule.due(a.latest)
	return !a.isKnownWrong() || !a.record.next.IsZero() && (due.IsZero() || now.Before(due))
}

// noteWrong notes that a secret cannot be rotated as it is, so that this is reported once and not
// at each sweep.
func (a *attempt) noteWrong(ctx context.Context, fault *rotation.Fault) error {
	outcome := rotation.Outcome{State: rotation.Attention, Note: fault.Reason, Alarm: true}
	switch {
	case a.latest.Version != "" && !rotation.IsManaged(a.latest.Tags): // most secrets are not
		return a.end(rotation.Outcome{State: a.state(), Note: fault.Reason})
	case a.latest.Version == "":
		return a.end(outcome)
	case a.isKnownWrong() && !a.record.looksAgain(time.Now()):
		outcome.Alarm = false
		return a.end(outcome)
	case a.isOutdated():
		return a.end(rotation.Outcome{State: a.state(), Note: noteOutdated})
	}
	if stale, err := a.isStale(ctx); err != nil {
		return err
	} else if stale { // what is wrong was wrong with another version
		*a = *a.newAttempt(a.request)
		return nil
	}
	if a.isKnownWrong() {
		return a.noteStillWrong(ctx, outcome)
	}
	now, older := time.Now().UTC(), a.record
	err := a.putOnRecord(ctx, record{content: content{Of: a.latest.Name, Base: a.latest.Version, At: now}, progress: progress{
		state: rotation.Attention, since: now, reason: fault.Reason, seen: fingerprintOf(a.latest), next: a.nextLook(now),
		lastSuccess: a.record.lastSuccess, exposure: a.record.exposure, control: a.record.control,
	}}, outcome)
	if err == nil && a.outcome.State != rotation.Busy {
		a.forget(ctx, older)
	}
	return err
}

// nextLook returns when to look again at a secret that cannot be rotated. What was wrong when it
// was read may be corrected without a change of the secret: in the app's settings, or in its
// administrator's secret. The time is zero if a look would try passwords.
func (a *attempt) nextLook(now time.Time) time.Time {
	if a.decision.step != read {
		return time.Time{}
	}
	return now.Add(lastWait)
}

// noteStillWrong notes when to look next, and ends the attempt. It reports only another reason.
func (a *attempt) noteStillWrong(ctx context.Context, outcome rotation.Outcome) error {
	changed := a.record
	changed.reason, changed.next = secret.Clip(outcome.Note, secret.MaxTagLength), a.nextLook(time.Now().UTC())
	if err := a.update(ctx, changed); err != nil {
		return err
	}
	outcome.Alarm = changed.reason != a.record.reason
	return a.end(outcome)
}
