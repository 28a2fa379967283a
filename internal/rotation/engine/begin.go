package engine

import (
	"context"
	"time"

	"rotunda/internal/rotation"
)

// These are the steps before anything may change at the provider, in the order of writes. act.go
// has the others.

// preflight makes sure that the current credential logs in, before anything is written.
func (a *attempt) preflight(ctx context.Context) error {
	if err := a.class.preflight(ctx, a.operation()); err != nil {
		return a.orTwin(ctx, err)
	}
	a.evidence.preflown, a.evidence.current = true, accepted
	return nil
}

// control makes sure that the provider refuses a wrong credential, once per provider and login.
func (a *attempt) control(ctx context.Context) error {
	if err := a.class.control(ctx, a.operation()); err != nil {
		return err
	}
	a.evidence.controlled = true
	if _, sets := a.class.(setting); sets { // no other class has anything to control
		a.record.control = a.fingerprint()
	}
	return nil
}

// inspect makes sure of the rest: that the administrator logs in, that the provider will take the
// change, and that the credential is this secret's. It comes after the control, so that an
// administrator's password does not reach a server that accepts anything.
func (a *attempt) inspect(ctx context.Context) error {
	if err := a.class.preflightAdmin(ctx, a.operation()); err != nil {
		return a.whileAdminRotates(ctx, err)
	}
	if err := a.checkIdentityNote(ctx); err != nil {
		return err
	}
	if checker, ok := a.rotator.(rotation.Checker); ok {
		warnings, err := checker.Check(ctx, a.subject)
		a.plan.Warnings = append(a.plan.Warnings, warnings...)
		if err != nil {
			return allFaults(err)
		}
	}
	if err := a.checkLocation(ctx); err != nil { // last: it logs in with other secrets' values
		return err
	}
	a.evidence.inspected = true
	return nil
}

// prepare puts the new credential on record.
func (a *attempt) prepare(ctx context.Context) error {
	if err := a.claimIdentity(ctx); err != nil {
		return err
	}
	drafted := content{
		Operation: newOperation(), Of: a.latest.Name, Base: a.latest.Version, Fingerprint: a.fingerprint(), Class: a.plan.Class, At: time.Now().UTC(),
	}
	if err := a.class.draft(ctx, a.operation(), a.plan.Next, &drafted); err != nil {
		return err
	}
	refused := 0
	if a.record.state == rotation.Abandoned {
		refused = a.record.refused
	}
	written, err := a.writeRecord(ctx, a.latest.Name, record{content: drafted, progress: progress{
		state: rotation.Prepared, since: drafted.At, lastSuccess: a.record.lastSuccess, control: a.record.control, refused: refused,
		ended: a.request.RetireNow,
	}})
	if err != nil {
		return err
	}
	a.before, a.record, a.durable = a.record, written, true
	a.evidence.open, a.evidence.begun, a.evidence.fresh = true, true, true
	a.evidence.latest, a.evidence.prepared, a.evidence.alone = base, true, false
	if a.evidence.means != byKeys {
		a.evidence.pending = rejected // nobody has heard of it
	}
	return nil
}

// meet looks for another worker that has begun too, and yields to it.
func (a *attempt) meet(ctx context.Context) error {
	if err := a.giveWayIfMet(ctx); err != nil {
		return err
	}
	if a.evidence.fresh {
		a.hide(ctx, a.before)
		a.forget(ctx, a.before)
	}
	a.evidence.alone = true
	return nil
}
