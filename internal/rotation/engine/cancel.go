package engine

import (
	"context"
	"net/http"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Cancel gives an open rotation up, by evidence, or stops rotating a secret that has lost its
// tags.
func (e *Engine) Cancel(ctx context.Context, name string) (rotation.Outcome, error) {
	stopped := false
	outcome, err := e.underLock(ctx, name, func(ctx context.Context, a *attempt) error {
		err := a.read(ctx)
		switch {
		case a.evidence.untagged && (!a.record.open() || a.record.state == rotation.Retiring):
			stopped = true
			return a.stopRotating(ctx)
		case a.evidence.forged:
			stopped = true
			return a.dropForged(ctx)
		case a.latest.Version == "" && a.record.open():
			stopped = true
			return a.cancelDeleted(ctx)
		case a.record.version == "" || a.record.state == rotation.None: // nothing, or only a failure, is on record
			return notApplicable(err, "There is no open rotation to cancel.")
		}
		return a.end(rotation.Outcome{}) // Rotate goes on
	})
	if err != nil || stopped {
		return outcome, err
	}
	return e.Rotate(ctx, Request{Name: name, By: ByCancel})
}

// cancelDeleted ends the rotation of a deleted secret. If only the record may have what the
// provider accepts, it is kept until the secret is gone for good: once that is recovered, its
// rotation goes on.
func (a *attempt) cancelDeleted(ctx context.Context) error {
	left := "Nothing was changed at the provider."
	switch a.record.state {
	case rotation.Prepared:
	case rotation.Retiring:
		left = a.record.leftValid() + " Remove it at the provider."
	default:
		if err := a.mustBePurged(ctx); err != nil {
			return err
		}
		left = "The provider may still accept the secret's value, or the one on record: remove the login there."
	}
	note := "Cancelled by hand, as the secret is deleted. " + left
	if err := a.enter(ctx, rotation.None, note); err != nil {
		return err
	}
	return a.end(rotation.Outcome{State: rotation.None, Operation: a.record.Operation, Note: note, Alarm: true})
}

// mustBePurged returns a fault if the secret can be recovered.
func (a *attempt) mustBePurged(ctx context.Context) error {
	_, err := a.Vault.GetDeleted(ctx, a.request.Name)
	switch status, _ := secret.RefusedWith(err); {
	case err == nil, status == http.StatusForbidden: // deleted and disabled
		return rotation.Permanentf("%s", deletedReason)
	case status != http.StatusNotFound:
		return err
	}
	return nil
}

// stoppedNote begins the reason of a secret whose rotation a person has stopped.
const stoppedNote = "The secret is no longer rotated."

func (a *attempt) stopRotating(ctx context.Context) error {
	note, inGrace := stoppedNote, a.record.state == rotation.Retiring
	if inGrace {
		note += " " + a.record.leftValid() + " Remove it at the provider."
	}
	if err := a.enter(ctx, rotation.None, note); err != nil {
		return err
	}
	return a.end(rotation.Outcome{State: rotation.None, Note: note, Alarm: inGrace})
}

// leftValid says which credential a rotation in its grace period leaves valid if it does not go
// on.
func (r record) leftValid() string {
	if r.retire == retirePending {
		return "The credential that its last rotation published stays valid."
	}
	if version, err := secret.ParseVersion(r.Base); err != nil || version == "" { // anybody may forge a record
		return "The credential that its last rotation replaced stays valid."
	}
	return "The old credential, that of version " + r.Base + ", stays valid."
}

// dropForged writes a closed record over one that is not the app's, which is left as it is.
func (a *attempt) dropForged(ctx context.Context) error {
	if err := a.mustNotBeHidden(ctx); err != nil {
		return err
	}
	now := time.Now().UTC()
	note := "Cancelled by hand. The record was not the app's, or its proof was lost. " + a.leftByForged()
	closed := record{content: content{Of: a.request.Name, At: now}, progress: progress{state: rotation.None, since: now, reason: note}}
	if _, err := a.writeRecord(ctx, a.request.Name, closed); err != nil {
		return err
	}
	return a.end(rotation.Outcome{State: rotation.None, Note: note, Alarm: true})
}

// leftByForged says what the provider may still accept. Nothing in the record is certain.
func (a *attempt) leftByForged() string {
	if a.record.state == rotation.Retiring {
		return "If it was the app's: " + a.record.leftValid() + " Remove it at the provider."
	}
	return "If it was the app's, the provider may have the value in it."
}
