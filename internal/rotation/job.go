package rotation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"rotunda/internal/secret"
)

// job is one attempt at one secret, under its lock.
type job struct {
	*Engine
	request Request

	live     secret.Secret // the latest version
	record   record
	schedule schedule
	plan     Plan
	subject  Subject
	way      way

	durable bool   // an operation is on record: whatever fails now, a later attempt goes on with it
	hasty   bool   // a repeat within one attempt: no waiting for the time that the record names
	known   string // a version of somebody else's that is reported already
	cause   error  // why the attempt broke off, as it was before it became a note
}

// way is a class's own part of a rotation.
type way interface {
	// preflight makes sure that things are as we understand them. Nothing was written yet.
	preflight(ctx context.Context) error
	// draft puts into the record what this class needs there.
	draft(ctx context.Context, c *content) error
	// obtain makes the new credential valid and proves it. resumed tells that an earlier attempt may have come this far.
	obtain(ctx context.Context, resumed bool) (credential, error)
	// check makes sure that what was published is valid; if need be it gives what to publish in its place.
	check(ctx context.Context) (*credential, error)
	// overtaken looks at a version that somebody else wrote: it stays, or gives way to the credential returned.
	overtaken(ctx context.Context) (*credential, error)
	// retire makes invalid what grace was for. live is valid.
	retire(ctx context.Context) error
}

// credential is proven, and what is published.
type credential struct {
	value   secret.Value
	id      string    // for the tag CredentialId; "" leaves that as it is
	exposed time.Time // since when the latest version may not log in; zero if it does
}

// errAgain is when a job has to be looked at anew.
var errAgain = errors.New("the record changed")

func (j *job) work(ctx context.Context) (Outcome, error) {
	if err := j.read(ctx); err != nil {
		return j.cantGoOn(ctx, err)
	}
	if outcome, gone := j.liveGone(ctx); gone {
		return outcome, nil
	}
	err := j.understand(ctx)
	switch {
	case err != nil:
		return j.cantGoOn(ctx, err)
	case j.record.open():
		return j.resume(ctx)
	}
	return j.begin(ctx)
}

// read gets the secret and the record.
func (j *job) read(ctx context.Context) (err error) {
	if j.record, err = j.readRecord(ctx, j.request.Name); err != nil {
		return err
	}
	j.durable = j.record.open()
	return j.readLive(ctx)
}

func (j *job) readLive(ctx context.Context) (err error) {
	j.live, err = j.Vault.Get(ctx, j.request.Name, "")
	if isMissing(err) && j.durable {
		return nil // liveGone tells
	} else if _, inner := secret.RefusedWith(err); inner == secret.CodeSecretDisabled {
		return Wrongf("The latest version of the secret is disabled, so nobody can tell what it holds. Enable it, or set a new value.")
	}
	return err
}

const deletedReason = "The secret is deleted. Recover it, and its rotation goes on; its new value is kept on record."

// liveGone: the secret was deleted while its rotation was open. The record is kept, for when it is recovered.
func (j *job) liveGone(ctx context.Context) (Outcome, bool) {
	if j.live.Version != "" {
		return Outcome{}, false
	}
	return j.wait(ctx, Blocked, deletedReason), true
}

// understand reads the secret's tags and value.
func (j *job) understand(ctx context.Context) (err error) {
	tags := j.live.Tags
	rotator, err := j.rotatorOf(tags)
	if err != nil {
		return err
	}
	if j.schedule, err = parseSchedule(tags, j.Policy.Lead); err != nil {
		return err
	}
	if _, published := tags[tagOperation]; !published && len(tags) >= secret.MaxTags {
		return Wrongf("The secret has %d tags, which is all that Key Vault allows; a rotation adds one. Remove a tag.", len(tags))
	}
	j.subject = Subject{Name: j.live.Name, Address: tags[TagProviderAddress], CredentialID: tags[TagCredentialID], Tags: tags, Current: j.live.Value}
	if j.subject.Admin, err = j.adminValue(ctx, tags[TagAdminSecret]); err != nil {
		return err
	}
	if j.plan, err = rotator.Plan(j.subject); err != nil {
		return err
	}
	j.way, err = j.wayOf(rotator)
	return err
}

func (j *job) adminValue(ctx context.Context, name string) (secret.Value, error) {
	if name == "" {
		return secret.Value{}, nil
	}
	if _, err := secret.ParseName(name); err != nil {
		return secret.Value{}, Wrongf("The tag %s is no secret's name.", TagAdminSecret)
	}
	admin, err := j.Vault.Get(ctx, name, "")
	if status, _ := secret.RefusedWith(err); isMissing(err) || status == http.StatusForbidden {
		return secret.Value{}, Wrongf("The tag %s names a secret that can't be read (%d). It must be in this vault, and enabled.", TagAdminSecret, status)
	}
	return admin.Value, err
}

func (j *job) wayOf(rotator Rotator) (way, error) {
	switch j.plan.Class {
	case Overlap, Alternating, Single:
		if setter, ok := rotator.(Setter); ok {
			return setting{j, setter}, nil
		}
	case DualKey:
		if provider, ok := rotator.(Regenerator); ok {
			return regenerating{j, provider}, nil
		}
	case Issued:
		if issuer, ok := rotator.(Issuer); ok {
			return issuing{j, issuer}, nil
		}
	case ValueOnly:
		return valueOnly{j}, nil
	}
	return nil, fmt.Errorf("rotator %T plans class %q and does not implement it", rotator, j.plan.Class)
}

func (j *job) fingerprint() string { return hash(j.plan.Identity) }

// begin starts a rotation, if there is reason to.
func (j *job) begin(ctx context.Context) (Outcome, error) {
	if note := j.notNow(time.Now()); note != "" {
		return Outcome{State: j.state(), Note: note}, nil
	}
	if err := j.way.preflight(ctx); err != nil {
		return j.cantGoOn(ctx, err)
	}
	err := j.prepare(ctx)
	if errors.Is(err, errAgain) {
		*j = job{Engine: j.Engine, request: j.request}
		return j.work(ctx)
	}
	if err != nil {
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
	case r.Version != "" && r.Version != j.live.Version:
		return "The event is about a version that is not the latest."
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

// prepare puts the new value on record. errAgain means that the record of another worker came out on top: go on with that.
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
	j.record, err = j.readRecord(ctx, j.live.Name)
	if err != nil {
		return err
	}
	j.durable = j.record.open()
	if j.record.version != written.version && j.record.Operation != drafted.Operation {
		return errAgain
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

// advance marks that the provider may change from now on, and carries the rotation out.
func (j *job) advance(ctx context.Context, resumed bool) (Outcome, error) {
	if j.record.state != Intent {
		if err := j.enter(ctx, Intent, ""); err != nil {
			return j.cantGoOn(ctx, err)
		}
	}
	j.started()
	obtained, err := j.way.obtain(ctx, resumed)
	if errors.Is(err, errAbandoned) {
		return j.abandon(ctx)
	}
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	return j.publish(ctx, obtained, j.record.Base)
}

// started tells whoever asked that the rotation will be carried out, whatever becomes of this attempt.
func (j *job) started() {
	if tell := j.request.Started; tell != nil {
		j.request.Started = nil
		tell(Outcome{State: j.record.state, Operation: j.record.Operation, Note: "The rotation is on record and goes on."})
	}
}

// enter writes that the record is in another state.
func (j *job) enter(ctx context.Context, state State, reason string) error {
	changed := j.record
	changed.state, changed.since, changed.reason, changed.tries, changed.next = state, time.Now().UTC(), reason, 0, time.Time{}
	if err := j.note(ctx, changed); err != nil {
		return err
	}
	j.record = changed
	return nil
}

// maxRefused is how many values may be refused by policy, one after the other.
const maxRefused = 3

// errAbandoned is when the provider's policy refused the value, and nothing has changed.
var errAbandoned = errors.New("the value is abandoned")

// abandon ends the operation and begins another one, with another value.
func (j *job) abandon(ctx context.Context) (Outcome, error) {
	j.record.refused++
	if j.record.refused >= maxRefused {
		return j.cantGoOn(ctx, Wrongf("The provider's policy refused %d new passwords, one after the other. Make them fit with the tags %s and %s.",
			j.record.refused, TagPasswordLength, TagPasswordExclude))
	}
	if err := j.enter(ctx, Abandoned, "The provider's policy refused the new password."); err != nil {
		return j.cantGoOn(ctx, err)
	}
	j.durable = false
	if err := j.understand(ctx); err != nil { // for another value
		return j.cantGoOn(ctx, err)
	}
	return j.begin(ctx)
}
