package engine

import (
	"context"
	"errors"
	"maps"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// read gets the record, the secret and what its tags say.
func (a *attempt) read(ctx context.Context) (err error) {
	if a.record, err = a.readRecord(ctx, a.request.Name); err != nil {
		return err
	}
	a.found = a.record.version
	if err := a.checkRecord(ctx); err != nil {
		return err
	}
	if err := a.readSecret(ctx); err != nil || a.record.version == "" || a.record.Operation != "" {
		return err
	}
	return a.giveWayIfMet(ctx) // the note of a failure may have been carried out late, and hide an operation
}

// readSecret gets the latest version and makes a plan from it.
func (a *attempt) readSecret(ctx context.Context) error {
	if err := a.readLatest(ctx); err != nil {
		return err
	}
	if a.latest.Version == "" {
		a.evidence.read, a.evidence.latest = true, gone
		return nil
	}
	if err := a.understand(ctx); err != nil {
		return err
	}
	a.observe(time.Now())
	return nil
}

// readLatest gets the latest version. It leaves a zero one if the secret is deleted while its
// rotation is open: the record is kept until it is recovered.
func (a *attempt) readLatest(ctx context.Context) (err error) {
	a.latest, err = a.Vault.Get(ctx, a.request.Name, "")
	if secret.IsMissing(err) && a.durable {
		return nil
	}
	if _, inner := secret.RefusedWith(err); inner == secret.CodeSecretDisabled {
		return rotation.Permanentf("The latest version of the secret is disabled, so it cannot be read. Enable it, or set a new value.")
	}
	return err
}

// observe turns what was read into evidence.
func (a *attempt) observe(now time.Time) {
	r := a.record
	a.evidence.read = true
	a.evidence.open = r.open()
	a.evidence.byHand = a.request.By == ByHand
	a.evidence.single = a.plan.Class == rotation.Single
	a.evidence.cancel = a.request.By == ByCancel
	a.evidence.prepared = a.evidence.open && r.state == rotation.Prepared
	a.evidence.intended = r.state == rotation.Intent
	a.evidence.alone = !a.evidence.prepared
	a.evidence.grace = r.state == rotation.Retiring
	a.evidence.controlled = r.control == a.fingerprint()
	a.observeLatest()
	a.note = a.notNow(now)
	if a.evidence.open {
		a.note = a.notYet(now)
	}
	a.evidence.declined = a.note != ""
}

// observeLatest compares the latest version with the record.
func (a *attempt) observeLatest() {
	a.evidence.repointed = a.evidence.open && a.fingerprint() != a.record.Fingerprint
	switch {
	case a.isPublished():
		a.evidence.latest = ours
	case a.latest.Version == a.record.Base:
		a.evidence.latest = base
	default:
		a.evidence.latest = foreign
	}
}

// isPublished reports whether the latest version is this operation's. A person who writes one may
// copy the tags of ours.
func (a *attempt) isPublished() bool {
	return a.latest.Tags[tagOperation] == a.record.Operation && (a.record.Value == nil || a.latest.Value.Equal(a.record.pending()))
}

func (a *attempt) probePending(ctx context.Context) error {
	found, answer, err := a.class.probePending(ctx, a.operation())
	a.pending, a.evidence.pending = found, a.heard(answer, err)
	a.noteUnsettled(err)
	return nil
}

// noteUnsettled notes that an interrupted attempt's change may still take effect, if err says so.
func (a *attempt) noteUnsettled(err error) {
	late, is := errors.AsType[unsettled](err)
	a.evidence.unsettled, a.until = is, late.until
}

func (a *attempt) probeCurrent(ctx context.Context) error {
	answer, err := a.class.probe(ctx, a.operation(), a.subject.Current)
	a.evidence.current = a.heard(answer, err)
	return nil
}

// heard turns an answer into evidence. Unknown never counts as rejected.
func (a *attempt) heard(answer rotation.Verdict, err error) verdict {
	if answer == rotation.Unknown {
		a.unclear = noAnswer(err)
	}
	return verdictOf(answer)
}

// probeAuthority looks among older versions for a login that can set the new value, as the
// provider rejects the latest.
func (a *attempt) probeAuthority(ctx context.Context) error {
	older, err := a.history().older(ctx, a.latest.Version, a.subject.Current, a.record.pending())
	if err != nil {
		return err
	}
	a.evidence.authority = rejected
	for _, value := range older {
		answer, err := a.class.probe(ctx, a.operation(), value)
		if a.evidence.authority = a.heard(answer, err); answer != rotation.Rejected {
			a.setter.Current = value
			return nil
		}
	}
	if until := a.settled(); time.Now().Before(until) {
		a.unclear = rotation.Temporaryf("The provider rejects the new value and all earlier ones. An interrupted attempt's change may still take effect; this will be settled at %s.", formatTime(until))
		a.evidence.authority, a.evidence.unsettled, a.until = unknown, true, until
	}
	return nil
}

// reread gets the latest version again: right before publishing on top of it, and when somebody
// else wrote one in that moment.
func (a *attempt) reread(ctx context.Context) error {
	latest, err := a.Vault.Get(ctx, a.latest.Name, "")
	if err != nil {
		return a.retry(ctx, err)
	}
	same := latest.Version == a.latest.Version
	retagged := !maps.Equal(latest.Tags, a.latest.Tags)
	a.latest = latest
	if same && !a.evidence.rival && !retagged {
		a.evidence.reread = true
		return nil
	}
	if err := a.understand(ctx); err != nil {
		return err
	}
	a.observeLatest()
	if !same && a.evidence.latest == ours {
		a.landed() // the answer was lost
	}
	if same && !a.evidence.rival && !a.evidence.repointed {
		a.evidence.reread = true
		return nil
	}
	if same {
		a.reportRival()
	}
	published := a.evidence.published && same // to be confirmed once more
	a.evidence.forget()
	a.evidence.published = published
	return nil
}

// settled returns when a change that an interrupted attempt began can no longer take effect: by
// then the host has killed that attempt.
func (a *attempt) settled() time.Time { return a.record.since.Add(a.Policy.Cooldown) }

func (a *attempt) history() history {
	return history{vault: a.Vault, name: a.latest.Name, replaced: a.record.Base}
}

// operation describes the rotation to its class.
func (a *attempt) operation() operation {
	subject, setter := a.subject, a.setter
	subject.OperationID, setter.OperationID = a.record.Operation, a.record.Operation
	return operation{
		Subject: subject, content: a.record.content, decoy: a.plan.Decoy, setter: setter,
		single: a.plan.Class == rotation.Single, latest: a.evidence.latest, version: a.latest.Version, fresh: a.evidence.fresh,
		intent: a.record.changing(), settled: a.settled(), retires: a.record.retire, ended: a.record.ended, history: a.history(), fence: a.fence, recordFence: a.fenceRecord,
		same: a.same, notes: a.Locks,
	}
}
