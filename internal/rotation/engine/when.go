package engine

import (
	"fmt"
	"strconv"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

const noteOutdated = "The event is about a version that is not the latest."

// notNow returns why no rotation begins, or "" if one does.
func (a *attempt) notNow(now time.Time) string {
	due := a.schedule.due(a.latest)
	switch r := a.record; {
	case a.request.By == ByCancel:
		return "There is no open rotation to cancel."
	case a.request.By == ByRetire:
		return "No rotation is in its grace period."
	case a.request.By == ByResume && r.tries == 0 && !a.isKnownWrong():
		return "There is no open rotation to resume."
	case a.request.RetireNow:
		return ""
	case r.rests(now, a.Policy.Cooldown):
		return fmt.Sprintf("The secret was rotated a short while ago. The next rotation may begin at %s.", formatTime(r.since.Add(a.Policy.Cooldown).Truncate(time.Second)))
	case a.request.By == ByHand:
		return ""
	case a.isOutdated():
		return noteOutdated
	case a.isKnownWrong() && r.next.IsZero() && a.request.By != ByResume:
		return "The secret needs attention: " + r.reason
	case now.Before(r.next) && !r.saysWrong() && !a.request.By.attended(): // else it was corrected
		return "The next attempt is at " + formatTime(r.next.Truncate(time.Second)) + ": " + r.reason
	case due.IsZero():
		return "The secret has no expiry and no tag " + rotation.TagInterval + ", so it is never due."
	case now.Before(due):
		return "The secret is not due before " + formatTime(due) + "."
	case !a.schedule.window.open(now):
		return "The secret is due, outside the hours of " + rotation.TagWindow + "."
	}
	return ""
}

// notYet returns why an open operation is left alone for now, or "" if it is not.
func (a *attempt) notYet(now time.Time) string {
	attended := a.request.By.attended()
	switch r := a.record; {
	case a.request.By == ByCancel && (r.state == rotation.Retiring || a.evidence.latest == ours):
		return "The new credential is published, so there is nothing to cancel. Resume the rotation if it has not ended; then roll it back, or end the old credential."
	case a.request.By == ByRetire && r.state != rotation.Retiring:
		return "The new credential is not published yet. Resume the rotation first."
	case r.state == rotation.Retiring && (a.request.By == ByRetire || a.request.RetireNow):
		return ""
	case r.state == rotation.Attention && !attended:
		return "The rotation needs attention: " + r.reason
	case r.state == rotation.Retiring && now.Before(r.retireAt):
		return fmt.Sprintf("The old credential stays valid until %s; the next rotation may begin then.", formatTime(r.retireAt.Truncate(time.Second)))
	case now.Before(r.next) && !attended:
		return "The next attempt is at " + formatTime(r.next.Truncate(time.Second)) + ": " + r.reason
	}
	return ""
}

// rests reports whether the secret was rotated so recently that no other rotation may begin.
func (r record) rests(now time.Time, cooldown time.Duration) bool {
	return r.version != "" && r.Operation != "" && r.state != rotation.Abandoned && now.Before(r.since.Add(cooldown))
}

// isOutdated reports whether the request is about an older version.
func (a *attempt) isOutdated() bool {
	return a.request.Version != "" && a.request.Version != a.latest.Version
}

// fingerprintOf hashes the fields of a secret that a list entry shows.
func fingerprintOf(s secret.Secret) string {
	text := fmt.Sprint(s.Tags) // maps print sorted
	if s.Attributes.Created != nil {
		text += strconv.FormatInt(s.Attributes.Created.Unix(), 10)
	}
	return hash(text)
}

// tellStarted tells whoever asked that the rotation will be carried out, whatever becomes of this
// attempt.
func (a *attempt) tellStarted() {
	if tell := a.request.Started; tell != nil {
		a.request.Started = nil
		tell(rotation.Outcome{State: a.record.state, Operation: a.record.Operation, Note: "The rotation is on record and goes on."})
	}
}
