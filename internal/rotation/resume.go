package rotation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"rotunda/internal/secret"
)

// resume goes on with an open operation, by evidence: what is latest, and what the provider says to each credential.
// The numbers are those of docs/rotation.md.
func (j *job) resume(ctx context.Context) (Outcome, error) {
	if note := j.notYet(time.Now()); note != "" {
		return Outcome{State: j.record.state, Operation: j.record.Operation, Note: note, Alarm: j.record.state == Attention}, nil
	}
	j.started()
	if j.record.state == Retiring {
		return j.endGrace(ctx)
	}
	if j.record.state == Prepared {
		if err := j.alone(ctx); err != nil {
			return j.cantGoOn(ctx, err)
		}
	}
	switch {
	case j.isPublished():
		return j.conclude(ctx) // R1, R2
	case j.live.Version != j.record.Base:
		return j.yield(ctx) // R8 to R11
	case j.fingerprint() != j.record.Fingerprint:
		return j.cantGoOn(ctx, Permanentf("The secret's tags point to another credential than when its rotation began. Put them back, or set a new value for the new one."))
	}
	return j.advance(ctx, true) // R3 to R7, R12: that no intent is marked proves nothing, as a worker may sleep right before it
}

// notYet says why an open operation is left alone for now.
func (j *job) notYet(now time.Time) string {
	asked := j.request.By == ByHand || j.request.By == ByResume
	switch {
	case j.record.state == Attention && !asked:
		return "It needs attention: " + j.record.reason
	case j.record.state == Retiring && now.Before(j.record.retireAt):
		return fmt.Sprintf("The credential before stays valid until %s; the next rotation may begin then.", formatTime(j.record.retireAt.Truncate(time.Second)))
	case now.Before(j.record.next) && !asked:
		return "It is tried again at " + formatTime(j.record.next.Truncate(time.Second)) + ": " + j.record.reason
	}
	return ""
}

// yield deals with a version that somebody else wrote while the operation was open. It is never silently replaced.
func (j *job) yield(ctx context.Context) (Outcome, error) {
	by := "Version " + j.live.Version + " was written by somebody else meanwhile"
	switch {
	case j.record.state == Prepared:
		return j.finish(ctx, Closed, by+"; it stays, and nothing was changed at the provider.")
	case j.fingerprint() != j.record.Fingerprint && j.request.By == ByHand:
		return j.finish(ctx, Closed, by+", and points to another credential. The rotation of the one before was given up; its provider may have the value that is on record.")
	case j.fingerprint() != j.record.Fingerprint: // R11
		return j.cantGoOn(ctx, Permanentf("%s, and points to another credential. The provider may have the new value of the one before: look at it there. To rotate by hand gives that one up; or set the secret back, and resume.", by))
	}
	replacement, err := j.way.overtaken(ctx)
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	if replacement != nil { // R10
		j.report += by + ", and the provider rejected it; what it has is published on top. The other version is still there. "
		j.known = j.live.Version
		return j.publish(ctx, *replacement, j.live.Version)
	}
	j.record.retire = retirePending // R8, R9
	return j.finish(ctx, Retiring, by+"; it stays. The rotation's own value is made invalid after the grace period.")
}

// cantGoOn turns a failure into an outcome: on record if there is one, an error if not.
func (j *job) cantGoOn(ctx context.Context, err error) (Outcome, error) {
	fault, isFault := errors.AsType[*Fault](err)
	switch permanent := isFault && fault.Permanent; {
	case errors.Is(err, errGaveWay):
		return Outcome{State: Busy, Note: "Another rotation of this secret is under way, and goes on."}, nil
	case j.durable && permanent:
		return j.attention(ctx, fault.Reason), nil
	case j.durable:
		return j.wait(ctx, j.record.state, describe(err)), nil
	case permanent && j.byItself():
		return j.giveUp(ctx, fault)
	case j.byItself() && isMissing(err):
		return Outcome{State: None, Note: "There is no such secret any more."}, nil
	}
	return Outcome{State: j.state()}, err
}

// byItself: nobody waits for an answer.
func (j *job) byItself() bool { return j.request.By == ByEvent || j.request.By == BySweep }

func isMissing(err error) bool {
	status, _ := secret.RefusedWith(err)
	return status == http.StatusNotFound
}

// describe is a failure in words that may be shown.
func describe(err error) string {
	if fault, ok := errors.AsType[*Fault](err); ok {
		return fault.Reason
	}
	if problem, ok := errors.AsType[*secret.Problem](err); ok {
		return problem.Message
	}
	if status, inner := secret.RefusedWith(err); status != 0 {
		return fmt.Sprintf("The vault refused (%d %s).", status, inner)
	}
	if errors.Is(err, ErrLockLost) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return "The attempt was broken off before its end."
	}
	return "The attempt failed inside the app."
}

// Waits between attempts double from the first to the last.
const (
	firstWait = 5 * time.Second // a login that is cut off for a moment must not wait for a minute
	lastWait  = time.Hour
)

// wait keeps the state, and says when the next attempt is worth it. The outcome is the same if that can't be written.
func (j *job) wait(ctx context.Context, shown State, reason string) Outcome {
	changed := j.record
	changed.tries++
	changed.reason = reason
	changed.next = time.Now().UTC().Add(min(lastWait, firstWait<<min(changed.tries-1, 10)))
	outcome := Outcome{State: shown, Operation: j.record.Operation, Note: "It goes on later: " + reason}
	if err := j.note(ctx, changed); err == nil {
		j.record = changed
	}
	return outcome
}

// attention stops the operation until a human has acted.
func (j *job) attention(ctx context.Context, reason string) Outcome {
	outcome := Outcome{State: Attention, Operation: j.record.Operation, Note: reason, Alarm: true}
	_ = j.enter(ctx, Attention, reason) // else the next attempt finds the same
	return outcome
}
