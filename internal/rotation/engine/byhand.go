package engine

import (
	"context"
	"errors"
	"maps"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// What a person can ask for beside a rotation: to put lost tags back, to stop rotating, and to
// roll back. Retire and cancel are triggers of Rotate.

// underLock reads a secret and its record under the secret's lock, and lets do go on with them.
func (e *Engine) underLock(ctx context.Context, name string, do func(context.Context, *attempt) error) (rotation.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, e.Policy.Limit)
	defer cancel()
	held, release, err := e.Locks.Lock(ctx, name)
	if err != nil {
		return rotation.Outcome{}, err
	}
	defer release()
	a := e.newAttempt(Request{Name: name, By: ByHand})
	if err := do(held, a); err != nil {
		return rotation.Outcome{State: a.state()}, err
	}
	return *a.outcome, nil
}

// RestoreTags puts the rotation tags back that the latest version has lost. They come from the
// newest version that has them; tags of the latest version stay.
func (e *Engine) RestoreTags(ctx context.Context, name string) (rotation.Outcome, error) {
	return e.underLock(ctx, name, func(ctx context.Context, a *attempt) error {
		err := a.read(ctx)
		if !a.evidence.untagged {
			return notApplicable(err, "The secret has not lost its rotation tags.")
		}
		lost, err := a.newestTags(ctx)
		if err != nil {
			return err
		}
		delete(lost, tagOperation) // whose version the latest is, its own tags say
		maps.Copy(lost, a.latest.Tags)
		if _, err := a.Vault.Update(ctx, a.latest.Name, a.latest.Version, secret.Draft{Tags: lost}); err != nil {
			return err
		}
		return a.end(rotation.Outcome{State: a.state(), Operation: a.record.Operation, Note: "The rotation tags are back."})
	})
}

// newestTags returns the tags of the newest version that opted in. Key Vault's times have whole
// seconds, and it lists versions in any order: of two of one second, the rotation's own is newer
// than the one that it replaced.
func (a *attempt) newestTags(ctx context.Context) (map[string]string, error) {
	versions, err := history{vault: a.Vault, name: a.latest.Name}.versions(ctx)
	if err != nil {
		return nil, err
	}
	var newest secret.Secret
	for _, v := range versions {
		created, last := v.Attributes.Created, newest.Attributes.Created
		ours := a.record.Operation != "" && v.Tags[tagOperation] == a.record.Operation
		if rotation.IsManaged(v.Tags) && created != nil && (last == nil || created.After(*last) || ours && created.Equal(*last)) {
			newest = v
		}
	}
	if newest.Tags == nil {
		return nil, rotation.Permanentf("No version of the secret has rotation tags. Set them by hand: docs/rotation.md lists them.")
	}
	return maps.Clone(newest.Tags), nil
}

// notApplicable returns err, or a fault that says why there is nothing to do.
func notApplicable(err error, why string) error {
	if err != nil {
		return err
	}
	return rotation.Permanentf("%s", why)
}

// RollBack makes the version before the last rotation the latest again, if the provider accepts it
// or can be made to.
func (e *Engine) RollBack(ctx context.Context, name string) (rotation.Outcome, error) {
	reopened := false
	outcome, err := e.underLock(ctx, name, func(ctx context.Context, a *attempt) error {
		defer func() { reopened = a.record.state == rotation.Intent }()
		if err := a.read(ctx); err != nil {
			return err
		}
		if a.latest.Version == "" || a.record.state != rotation.Retiring && a.record.state != rotation.Closed || !a.isPublished() {
			return rotation.Permanentf("The latest version is not that of a rotation, so there is nothing to roll back.")
		}
		if a.fingerprint() != a.record.Fingerprint {
			return rotation.Permanentf("The secret's tags point to another credential than when it was rotated, so there is nothing to roll back to. Change them back first.")
		}
		if genuine, err := a.isOurs(ctx, a.record); err != nil {
			return err
		} else if !genuine {
			return rotation.Permanentf("Nothing proves that the record of the last rotation is the app's, so it is not rolled back. Set the secret to the value of an older version, if that logs in.")
		}
		if a.record.ended {
			return errEnded
		}
		if err := a.checkNotTakenOver(ctx); err != nil {
			return err
		}
		return a.rollBack(ctx)
	})
	if err != nil && reopened && !errors.Is(err, errWentOn) { // readers may be failing; what this comes to is in the status
		_, _ = e.Rotate(ctx, Request{Name: name, By: ByResume})
	}
	return outcome, err
}

func (a *attempt) rollBack(ctx context.Context) error {
	before, err := a.history().base(ctx)
	if err != nil {
		return err
	}
	if !before.value.IsSet() {
		return rotation.Permanentf("The version before the rotation, %s, is gone.", a.record.Base)
	}
	id, err := a.baseID(ctx)
	if err != nil {
		return err
	}
	if err := a.makeValid(ctx, before.value); err != nil {
		return err
	}
	a.rollingBack = true
	a.pending = credential{value: before.value, id: id}
	if err := a.reread(ctx); err != nil {
		return err
	}
	if !a.evidence.reread {
		return rotation.Temporaryf("The secret has another version since this attempt began.")
	}
	rolled := a.latest.Version
	if err := a.publish(ctx); err != nil {
		return err
	}
	a.record.retire, a.report = retirePending, ""
	note := "Rolled back by hand: version " + a.latest.Version + " has the value of " + a.record.Base + " again. The value of version " + rolled + " is made invalid after the grace period."
	return a.finish(ctx, rotation.Retiring, note)
}

// makeValid makes sure that the provider accepts the old value: by asking it, or else by setting
// the value, where the class can. It asks again once the operation is open, as a worker that was
// about to retire the value may have done so until then, and no longer can.
func (a *attempt) makeValid(ctx context.Context, old secret.Value) error {
	accepted, err := a.isAccepted(ctx, old)
	if err != nil {
		return err
	}
	if err := a.reopen(ctx); err != nil {
		return err
	}
	if accepted {
		if accepted, err = a.isAccepted(ctx, old); accepted || err != nil {
			return err
		}
	}
	o := a.operation()
	o.Value = new(old.Reveal()) // the value to set now
	applied, err := a.class.apply(ctx, o)
	if err == nil {
		_, err = a.class.verify(ctx, o, applied)
	}
	return err
}

// isAccepted reports whether the provider accepts the old value. If not, the class can set it.
func (a *attempt) isAccepted(ctx context.Context, old secret.Value) (bool, error) {
	answer, err := a.class.probe(ctx, a.operation(), old)
	switch _, sets := a.class.(setting); {
	case answer == rotation.Accepted:
		return true, nil
	case answer == rotation.Unknown:
		return false, noAnswer(err)
	case !sets:
		return false, rotation.Permanentf("The provider no longer accepts the old value, and cannot be given it again. Rotate instead.")
	}
	return false, nil
}

// reopen marks the operation as open again, as the provider may change from now on. If the
// rollback breaks off, the next attempt makes what is the latest then valid, and retires the rest.
func (a *attempt) reopen(ctx context.Context) error {
	if err := a.mustNotBeHidden(ctx); err != nil {
		return err
	}
	return a.enter(ctx, rotation.Intent, "")
}

// mustNotBeHidden keeps a worker that slept from opening a record again, or from writing another
// one, where the next rotation has begun.
func (a *attempt) mustNotBeHidden(ctx context.Context) error {
	hidden, err := a.isHidden(ctx)
	if err == nil && hidden {
		err = errWentOn
	}
	return err
}

// baseID returns the tag CredentialId of the version that was replaced, or "".
func (a *attempt) baseID(ctx context.Context) (string, error) {
	if a.plan.Class != rotation.DualKey && a.plan.Class != rotation.Issued {
		return "", nil
	}
	found, err := a.Vault.Get(ctx, a.latest.Name, a.record.Base)
	return found.Tags[rotation.TagCredentialID], err
}
