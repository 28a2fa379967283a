package rotation

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"rotunda/internal/secret"
)

// begin starts a rotation, if there is reason to.
func (j *job) begin(ctx context.Context) (Outcome, error) {
	if note := j.notNow(time.Now()); note != "" {
		return Outcome{State: j.state(), Note: note}, nil
	}
	if err := j.way.preflight(ctx); err != nil {
		return j.cantGoOn(ctx, err)
	}
	if err := j.prepare(ctx); err != nil {
		return j.cantGoOn(ctx, err)
	}
	return j.advance(ctx, false)
}

// notNow says why no rotation begins; "" if one does.
func (j *job) notNow(now time.Time) string {
	due := j.schedule.due(j.live)
	switch r := j.request; {
	case r.By == ByResume:
		return "There is no open rotation to resume."
	case j.record.version != "" && now.Before(j.record.since.Add(j.Policy.Cooldown)) && j.record.state != Abandoned && j.record.Operation != "":
		return fmt.Sprintf("It was rotated a short while ago; the next may begin at %s.", formatTime(j.record.since.Add(j.Policy.Cooldown).Truncate(time.Second)))
	case r.By == ByHand:
		return ""
	case j.isOutdated():
		return noteOutdated
	case j.givenUp():
		return "It needs attention: " + j.record.reason
	case due.IsZero():
		return "It has no expiry and no " + TagInterval + ", so nothing makes it due."
	case now.Before(due):
		return "It is not due before " + formatTime(due) + "."
	case !j.schedule.window.open(now):
		return "It is due, outside the hours of " + TagWindow + "."
	}
	return ""
}

const noteOutdated = "The event is about a version that is not the latest."

// isOutdated tells whether what asks for the rotation is about an older version.
func (j *job) isOutdated() bool {
	return j.request.Version != "" && j.request.Version != j.live.Version
}

// mark tells one form of a secret from another, as far as a list shows them.
func mark(s secret.Secret) string {
	text := fmt.Sprint(s.Tags) // maps print sorted
	if s.Attributes.Created != nil {
		text += strconv.FormatInt(s.Attributes.Created.Unix(), 10)
	}
	return hash(text)
}

// givenUp: the secret was found impossible to rotate, and is still as it was then.
func (j *job) givenUp() bool {
	return j.record.state == Attention && j.record.Operation == "" && j.record.seen == mark(j.live)
}

func (j *job) state() State {
	if j.record.version == "" {
		return None
	}
	return j.record.state
}

// prepare puts the new value on record. errGaveWay means that another worker has done so too.
func (j *job) prepare(ctx context.Context) error {
	before := j.record
	drafted := content{Operation: newOperation(), Of: j.live.Name, Base: j.live.Version, Fingerprint: j.fingerprint(), At: time.Now().UTC()}
	if err := j.way.draft(ctx, &drafted); err != nil {
		return err
	}
	refused := 0
	if before.state == Abandoned {
		refused = before.refused
	}
	written, err := j.writeRecord(ctx, j.live.Name, record{content: drafted, progress: progress{
		state: Prepared, since: drafted.At, lastSuccess: before.lastSuccess, control: j.record.control, refused: refused,
	}})
	if err != nil {
		return err
	}
	j.record, j.durable = written, true
	if err := j.alone(ctx); err != nil {
		return err
	}
	j.hide(ctx, before)
	return nil
}

// hide disables the record of the rotation before: its value may still log in for a while. That is a courtesy and not
// worth failing for.
func (j *job) hide(ctx context.Context, before record) {
	if before.version != "" {
		_, _ = j.Vault.Update(ctx, secret.PendingName(j.live.Name), before.version, secret.Draft{Enabled: new(false)})
	}
}
