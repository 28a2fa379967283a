package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"rotunda/internal/rotation"
)

// These are the steps from the intent on, in the order of writes. begin.go has those before.

// resume takes up what an earlier attempt began.
func (a *attempt) resume(ctx context.Context) error {
	if err := a.checkNotTakenOver(ctx); err != nil {
		return err
	}
	a.tellStarted()
	a.evidence.begun = true
	return nil
}

// intent marks that the provider may change from now on.
func (a *attempt) intent(ctx context.Context) error {
	if err := a.mark(ctx); err != nil {
		return err
	}
	a.tellStarted()
	if a.evidence.single { // the value in the cache may stop logging in at any moment now
		a.Vault.Bypass(a.latest.Name, time.Now().Add(a.Policy.Limit+a.Policy.CacheTTL))
	}
	a.evidence.prepared, a.evidence.intended, a.evidence.marked = false, true, true
	return nil
}

// mark writes the intent. On resume, only the time changes: the failures before still count.
func (a *attempt) mark(ctx context.Context) error {
	if a.record.state != rotation.Intent {
		return a.enter(ctx, rotation.Intent, "")
	}
	changed := a.record
	changed.since = time.Now().UTC()
	if err := a.update(ctx, changed); err != nil {
		return err
	}
	a.record = changed
	return nil
}

// apply makes the new credential valid at the provider. The record and the secret are read once
// more right before, under the provider's own lock where it has one: see fence.
func (a *attempt) apply(ctx context.Context) (err error) {
	a.pending, err = a.class.apply(ctx, a.operation())
	if errors.Is(err, rotation.ErrRefusedByPolicy) {
		a.evidence.refused, a.evidence.pending, a.evidence.current = true, unasked, unasked
		a.policy = rotation.PolicyOf(err)
		return nil
	}
	a.evidence.applied = err == nil
	a.noteUnsettled(err)
	return a.whileAdminRotates(ctx, err)
}

// verify proves the new credential by using it.
func (a *attempt) verify(ctx context.Context) (err error) {
	if a.pending, err = a.class.verify(ctx, a.operation(), a.pending); err != nil {
		return err
	}
	if a.evidence.latest == ours && a.latest.Value.Equal(a.pending.value) { // R2: it is published already
		a.evidence.applied, a.evidence.current = false, accepted
		return nil
	}
	a.evidence.proven = true
	return nil
}

// publish makes the new credential the latest version. Its value is proven.
func (a *attempt) publish(ctx context.Context) error {
	a.evidence.reread = false // if this fails, it must be done again
	// Somebody may have cancelled what an earlier attempt has applied.
	if !a.evidence.fresh {
		if err := a.fenceRecord(ctx); err != nil {
			return err
		}
	}
	a.replaces = a.explainReplaced()
	published, err := a.Vault.Set(ctx, a.latest.Name, a.version())
	if err != nil {
		return a.retry(ctx, err)
	}
	a.landed()
	published.Value = a.pending.value // the vault answers with it, but something before it may not
	a.latest = published
	a.subject.Current, a.subject.Tags, a.subject.CredentialID = published.Value, published.Tags, published.Tags[rotation.TagCredentialID]
	a.noteExposure()
	a.evidence.forget()
	a.evidence.grace = false // what is published now has its own
	a.evidence.latest, a.evidence.published, a.evidence.current = ours, true, accepted
	return nil
}

// confirm reads back what was published, by its version, and looks for a version that somebody
// else wrote in that moment.
func (a *attempt) confirm(ctx context.Context) error {
	found, err := a.Vault.Get(ctx, a.latest.Name, a.latest.Version)
	if err != nil {
		return err
	}
	if !found.Value.Equal(a.latest.Value) {
		return rotation.Permanentf("Version %s does not hold what was published in it. Look in the vault's log for who changed it.", a.latest.Version)
	}
	a.estimateExposure()
	if a.rival, err = a.findRival(ctx); err != nil {
		return err
	}
	a.evidence.rival, a.evidence.confirmed = a.rival != "", a.rival == ""
	return nil
}

// close notes that the new credential is published and confirmed. In classes S and V nothing is
// left to retire.
func (a *attempt) close(ctx context.Context) error {
	a.record.lastSuccess = time.Now().UTC()
	a.record.ended = a.record.ended || a.request.RetireNow
	report := strings.TrimSpace(a.report)
	if a.plan.Class == rotation.Single || a.plan.Class == rotation.ValueOnly {
		return a.finish(ctx, rotation.Closed, report)
	}
	a.record.retire = retireBase
	if err := a.finish(ctx, rotation.Retiring, report); err != nil || !a.request.RetireNow {
		return err
	}
	a.outcome, a.evidence.grace = nil, true // go on: the old credential ends now
	a.evidence.published, a.evidence.confirmed = false, false
	return nil
}

// retire makes the old credential invalid after its grace period. No rotation begins in the same
// attempt: in class A it would give a new password to the login that a worker who slept may still
// be about to retire.
func (a *attempt) retire(ctx context.Context) (err error) {
	if err := a.noteEnded(ctx); err != nil {
		return err
	}
	if a.old, err = a.class.old(ctx, a.operation()); err != nil {
		return err
	}
	a.rest, err = a.class.retire(ctx, a.operation(), a.old)
	a.evidence.retired = err == nil
	if errors.Is(err, errWentOn) && a.old.shown { // nobody else has to hide it
		_ = a.disableBase(ctx)
	}
	return a.whileAdminRotates(ctx, err)
}

// refute makes sure that the provider refuses the old credential: it counts as retired only then.
// Where a replaced credential lingers, the status says until when.
func (a *attempt) refute(ctx context.Context) error {
	if a.evidence.single { // Apply has replaced it
		var err error
		if a.old, err = a.class.old(ctx, a.operation()); err != nil {
			return err
		}
	}
	if !a.old.value.IsSet() || a.same(a.old.value, a.subject.Current) { // or somebody made it the latest again
		a.evidence.refuted = true
		return nil
	}
	answer, err := settle(ctx, a.rotator, rotation.Rejected, func() (rotation.Verdict, error) {
		return a.class.probe(ctx, a.operation(), a.old.value)
	})
	a.proofs = append(a.proofs, rotation.Proof{Credential: a.old.role, Version: a.old.version, Verdict: answer})
	lingersUntil := a.record.changing().Add(a.plan.Lingers)
	switch {
	case answer == rotation.Accepted && a.evidence.single && time.Now().Before(lingersUntil):
		a.report += fmt.Sprintf("The provider may accept the old credential until about %s, as it does after every change. ", lingersUntil.UTC().Format("15:04 MST"))
	case answer == rotation.Accepted:
		return rotation.Temporaryf("The provider still accepts the old credential after it was made invalid. If this lasts, remove it there.")
	case answer == rotation.Unknown:
		return noAnswer(err)
	}
	a.evidence.refuted = true
	return nil
}

// ended notes that the old credential is retired, and disables the version that held it.
func (a *attempt) ended(ctx context.Context) error {
	if err := a.disableBase(ctx); err != nil {
		return err
	}
	if a.rest {
		return a.anotherGrace(ctx)
	}
	return a.closeRetired(ctx, a.old.warning)
}
