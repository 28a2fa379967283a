package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"rotunda/internal/rotation"
)

// Status is where a secret's rotation stands, in words and times, without any value.
type Status struct {
	Name        string
	Rotator     string
	Class       rotation.Class // "" if it cannot be told
	State       rotation.State
	Operation   string
	Since       time.Time // of the state; zero if never rotated
	LastSuccess time.Time
	NextDue     time.Time // zero: only by hand
	NextTry     time.Time // of what failed
	Tries       int       // that failed since the last success
	Reason      string    // what a person should know or do
	Exposure    time.Duration
	// ExposedSince is since when readers may be failing, in class S; zero if they are not.
	ExposedSince time.Time
}

// Status returns where the rotation of one secret stands. It changes nothing and asks no provider.
func (e *Engine) Status(ctx context.Context, name string) (Status, error) {
	a := e.newAttempt(Request{Name: name})
	err := a.peek(ctx)
	if fault, ok := errors.AsType[*rotation.Fault](err); err != nil && (!ok || !fault.Permanent) {
		return Status{}, err
	}
	r := a.record
	s := Status{
		Name: name, Rotator: rotation.Kind(a.latest.Tags), Class: a.plan.Class, State: a.state(), Operation: r.Operation,
		Since: r.since, LastSuccess: r.lastSuccess, NextTry: r.next, Tries: r.tries, Reason: r.reason, Exposure: r.exposure,
	}
	if a.latest.Version != "" && a.readersMayFail() {
		s.ExposedSince = r.since
	}
	switch {
	case err != nil && !rotation.IsManaged(a.latest.Tags) && !r.open() && !a.evidence.untagged:
		s.State, s.Reason, s.NextTry = rotation.None, err.Error(), time.Time{}
		if r.isWarning() {
			s.Reason = r.reason
		}
	case err != nil:
		s.State, s.Reason = rotation.Attention, err.Error()
	case a.latest.Version == "":
		s.State, s.Reason = rotation.Blocked, deletedReason
	default:
		if r.isWarning() { // it is rotated again
			s.Reason = strings.TrimSpace(strings.TrimPrefix(r.reason, stoppedNote))
		}
		s.NextDue = a.schedule.due(a.latest)
		if r.isAlarming(time.Now()) {
			s.State = rotation.Attention
		}
		if stalled := r.stalled(time.Now()); stalled != "" {
			s.State, s.Reason = rotation.Attention, strings.TrimSpace(stalled+" "+s.Reason)
		}
		if a.plan.Class == rotation.Single && r.exposure > 0 { // until the last cache has forgotten the old one
			s.Exposure += e.Policy.CacheTTL
		}
		if r.saysWrong() && a.isCorrected(time.Now()) {
			s.State, s.Reason, s.NextTry = rotation.None, "", time.Time{}
		}
	}
	return s, nil
}

// stalled says so if an open operation should have gone on, and no attempt has left a note:
// without the lock, an attempt may write none.
func (r record) stalled(now time.Time) string {
	due := r.since
	for _, t := range []time.Time{r.next, r.retireAt} {
		if t.After(due) {
			due = t
		}
	}
	if !r.open() || r.state == rotation.Attention || now.Sub(due) < alarmTime {
		return ""
	}
	return "An attempt was due at " + formatTime(due.Truncate(time.Second)) + ", and none has noted anything since. " +
		"See why in the app's log: most often the place of the locks can't be reached, or sweep does not run."
}

// isWarning reports whether a secret is not rotated any more, and the record says what is left of
// its last rotation.
func (r record) isWarning() bool {
	return r.version != "" && r.state == rotation.None && r.tries == 0 && r.reason != ""
}

// peek reads as an attempt does, but recovers nothing.
func (a *attempt) peek(ctx context.Context) (err error) {
	if a.record, err = a.lookUp(ctx, a.request.Name); err != nil {
		return err
	}
	if err := a.checkRecord(ctx); err != nil { // whoever asks need not have a place for locks
		a.durable, a.evidence.forged = true, false
	}
	if a.evidence.forged {
		return rotation.Permanentf("%s", a.explain(notOurs))
	}
	return a.readSecret(ctx)
}

// Preview is what a rotation would do.
type Preview struct {
	Rotator  string
	Class    rotation.Class
	Identity string
	Warnings []string
	Problem  string // why it would not begin, or not succeed; "" if it would
}

const warningSingle = "Class S: readers may fail for a moment, between the provider's change and the new version. " +
	"Prefer two logins, or a provider that takes two passwords."

// Preview plans a rotation and makes its preflight checks: it logs in at the provider, and changes
// nothing.
func (e *Engine) Preview(ctx context.Context, request Request) (Preview, error) {
	ctx, cancel := context.WithTimeout(ctx, e.Policy.Limit)
	defer cancel()
	a := e.newAttempt(request)
	problem, err := a.rehearse(ctx)
	p := Preview{Rotator: rotation.Kind(a.latest.Tags), Class: a.plan.Class, Identity: a.plan.Identity, Warnings: a.plan.Warnings, Problem: problem}
	if isWarned := func(w string) bool { return strings.HasPrefix(w, "Class S") }; a.plan.Class == rotation.Single && !slices.ContainsFunc(p.Warnings, isWarned) {
		p.Warnings = append(p.Warnings, warningSingle)
	}
	if fault, ok := errors.AsType[*rotation.Fault](err); ok {
		p.Problem, err = fault.Reason, nil
	}
	return p, err
}

// rehearse takes the steps before the first write, and returns what keeps the others from
// following.
func (a *attempt) rehearse(ctx context.Context) (problem string, err error) {
	if err := a.peek(ctx); err != nil {
		return "", err
	}
	if a.latest.Version == "" {
		return deletedReason, nil
	}
	if a.evidence.declined || a.evidence.open {
		return a.note, nil
	}
	var wrong []error // all of it at once
	for _, check := range []step{preflight, control, inspect} {
		if err := a.take(ctx, decision{step: check}); err != nil {
			wrong = append(wrong, err)
		}
		if check == control && len(wrong) > 0 {
			break // an administrator's password is not sent to a server that proves nothing
		}
	}
	if len(wrong) == 0 {
		return "", nil
	}
	return "", allFaults(errors.Join(wrong...))
}
