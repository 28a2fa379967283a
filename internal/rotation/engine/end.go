package engine

import (
	"cmp"
	"context"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// leave ends an attempt for which there is nothing to do, or not yet.
func (a *attempt) leave(context.Context) error {
	outcome := rotation.Outcome{State: a.state(), Note: a.note}
	if a.evidence.open {
		outcome.Operation, outcome.Alarm = a.record.Operation, a.record.state == rotation.Attention
	}
	return a.end(outcome)
}

const deletedReason = "The secret is deleted. Recover it, and its rotation goes on; its new value is kept on record. " +
	"POST …/rotation/cancel ends it, if it has published or once the secret is purged."

// block waits for a deleted secret to be recovered. The record is kept for then.
func (a *attempt) block(ctx context.Context) error {
	return a.tryLater(ctx, rotation.Blocked, deletedReason, false)
}

// wait ends an attempt to which the provider gave no answer.
func (a *attempt) wait(context.Context) error { return a.unclear }

// attention ends an attempt that needs a person to act first.
func (a *attempt) attention(context.Context) error {
	return rotation.Permanentf("%s", a.explain(a.decision.why))
}

// yield keeps a version that somebody else wrote. The operation's own value is retired after
// grace.
func (a *attempt) yield(ctx context.Context) error {
	if a.same(a.record.pending(), a.subject.Current) {
		return a.yieldSame(ctx)
	}
	if a.record.state != rotation.Retiring { // there, the base is retired first
		a.record.retire = retirePending
	}
	if a.request.RetireNow { // every older one
		a.record.retire = retireBase
	}
	return a.beginGrace(ctx, a.report+a.writtenByOthers()+". It stays. The rotation's own value is made invalid "+a.when("after the grace period")+".")
}

// yieldSame ends an operation whose new credential somebody else has published, maybe in another
// form.
func (a *attempt) yieldSame(ctx context.Context) error {
	a.record.ended = a.record.ended || a.request.RetireNow
	note := a.report + a.writtenByOthers() + ". It stays: it holds the new credential, too."
	if a.evidence.single || a.plan.Class == rotation.ValueOnly { // the new credential has replaced the old one
		return a.finish(ctx, rotation.Closed, note)
	}
	a.record.retire = retireBase
	return a.beginGrace(ctx, note)
}

// supersede keeps such a version when nothing has changed at the provider.
func (a *attempt) supersede(ctx context.Context) error {
	return a.finish(ctx, rotation.Closed, a.writtenByOthers()+". It stays, and nothing was changed at the provider.")
}

// giveUp closes an operation whose secret points to another credential now.
func (a *attempt) giveUp(ctx context.Context) error {
	if a.evidence.grace {
		return a.closeRetired(ctx, a.explain(a.decision.why))
	}
	return a.finish(ctx, rotation.Closed, a.explain(a.decision.why))
}

// maxRefused is how many values in a row may be refused by policy.
const maxRefused = 3

const reasonRefused = "The provider's policy refused the new password."

// abandon ends an operation whose value the provider refused, and lets another one begin.
func (a *attempt) abandon(ctx context.Context) error {
	a.record.refused++
	if err := a.enter(ctx, rotation.Abandoned, reasonRefused); err != nil {
		a.record.refused-- // the next attempt counts the same value
		return err
	}
	a.durable = false
	if a.record.refused >= maxRefused {
		return rotation.Permanentf("The provider's policy refused %d new passwords in a row. %sMake them fit it with the tags %s, %s and %s; or change the policy, and resume.",
			a.record.refused, a.policyText(), rotation.TagPasswordLength, rotation.TagPasswordSymbols, rotation.TagPasswordExclude)
	}
	a.evidence = evidence{}
	if err := a.understand(ctx); err != nil { // for another value
		return err
	}
	a.observe(time.Now())
	return nil
}

// policyText returns what the provider says of its policy, for the middle of a message.
func (a *attempt) policyText() string {
	if a.policy == "" {
		return ""
	}
	return a.policy + " "
}

// takeBack makes a credential invalid that was applied and not published.
func (a *attempt) takeBack(ctx context.Context) error {
	o := a.operation()
	o.retires = retirePending
	old, err := a.class.old(ctx, o)
	if err == nil {
		_, err = a.class.retire(ctx, o, old)
	}
	if err != nil {
		return err
	}
	a.decision.why = takenBack
	return a.cancelled(ctx)
}

// putBack makes the latest version valid again, by the authority of the credential that was
// applied in its place.
func (a *attempt) putBack(ctx context.Context) error {
	o := a.operation()
	o.setter.Current, o.Value = o.pending(), new(o.Current.Reveal()) // the pending value is the one to set now
	if _, err := a.class.apply(ctx, o); err != nil {
		return err
	}
	if _, err := a.class.verify(ctx, o, credential{value: o.Current}); err != nil {
		return err
	}
	a.decision.why = takenBack
	return a.cancelled(ctx)
}

// cancelled notes that somebody gave the operation up. The next one begins after the cooldown.
func (a *attempt) cancelled(ctx context.Context) error {
	reason := a.explain(a.decision.why)
	if err := a.enter(ctx, rotation.Abandoned, reason); err != nil {
		return err
	}
	a.durable = false
	return a.end(rotation.Outcome{State: rotation.Abandoned, Operation: a.record.Operation, Note: reason})
}

// finish notes the end of an operation, or of its part before the grace period.
func (a *attempt) finish(ctx context.Context, state rotation.State, reason string) error {
	a.record.retireAt = time.Time{}
	if state == rotation.Retiring {
		a.record.retireAt = time.Now().UTC().Add(a.grace())
	}
	a.record.refused = 0
	if err := a.enter(ctx, state, reason); err != nil {
		a.record.retireAt = time.Time{} // the state that has it was not written
		return err
	}
	note := cmp.Or(reason, "Rotated: version "+a.latest.Version+" is the latest.")
	return a.end(rotation.Outcome{State: state, Operation: a.record.Operation, Note: note, Alarm: reason != ""})
}

// grace is how long the old credential stays valid.
func (a *attempt) grace() time.Duration {
	if a.request.endsNow() {
		return 0
	}
	if a.schedule.grace >= 0 {
		return a.schedule.grace
	}
	return a.Policy.Grace
}

// beginGrace leaves a credential to a grace period, unless a person asks for its end: then another
// attempt follows.
func (a *attempt) beginGrace(ctx context.Context, reason string) error {
	err := a.finish(ctx, rotation.Retiring, reason)
	a.left = err == nil
	return err
}

// when returns when a credential ends: now, if somebody asks for that.
func (a *attempt) when(otherwise string) string {
	if a.request.endsNow() {
		return "now"
	}
	return otherwise
}

// anotherGrace is for a version that was published and has another one on top of it.
func (a *attempt) anotherGrace(ctx context.Context) error {
	before, reason := a.record, ""
	if !a.isPublished() {
		reason = "Version " + a.latest.Version + " was written by somebody else since. What the rotation published is made invalid " + a.when("after another grace period") + "."
	}
	a.record.retire = retirePending
	err := a.beginGrace(ctx, reason)
	if err != nil {
		a.record = before // the next attempt must not retire it without that grace period
	}
	return err
}

// closeRetired ends an operation after its grace period. alarm is what a person should know.
func (a *attempt) closeRetired(ctx context.Context, alarm string) error {
	before := a.record
	a.record.retireAt, a.record.retire = time.Time{}, ""
	if a.record.tries > 0 { // then the reason is why these failed
		a.record.reason = ""
	}
	if err := a.enter(ctx, rotation.Closed, cmp.Or(alarm, a.record.reason)); err != nil {
		a.record = before // the next attempt must know what it retires
		return err
	}
	note, retired := "The old credential is retired.", alarm == ""
	if a.plan.Class == rotation.DualKey && !a.record.ended {
		note, retired = "The old key stays valid until the next rotation, which regenerates it.", false
	}
	return a.end(rotation.Outcome{
		State: rotation.Closed, Operation: a.record.Operation, Note: cmp.Or(alarm, note), Alarm: alarm != "", Retired: retired,
	})
}

// disableBase hides the version that was replaced from readers, unless it was made the latest
// again.
func (a *attempt) disableBase(ctx context.Context) error {
	if a.record.retire != retireBase || a.record.Base == a.latest.Version {
		return nil
	}
	_, err := a.Vault.Update(ctx, a.latest.Name, a.record.Base, secret.Draft{Enabled: new(false)})
	if secret.IsMissing(err) {
		return nil
	}
	return err
}
