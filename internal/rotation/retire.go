package rotation

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"rotunda/internal/secret"
)

// endGrace makes the credential before invalid and closes the operation. No rotation begins at once: in class A it would
// give a new password to the very login that a worker who slept may still be about to retire.
func (j *job) endGrace(ctx context.Context) (Outcome, error) {
	if j.fingerprint() != j.record.Fingerprint {
		return j.close(ctx, "The secret points to another credential now. The one before was not made invalid: do that at its provider.")
	}
	if replacement, err := j.way.check(ctx); err != nil {
		return j.cantGoOn(ctx, err)
	} else if replacement != nil {
		return j.replace(ctx, *replacement)
	}
	rest, err := j.way.retire(ctx)
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	if err := j.disableBase(ctx); err != nil {
		return j.cantGoOn(ctx, err)
	}
	if rest {
		return j.anotherGrace(ctx)
	}
	return j.close(ctx, "")
}

// anotherGrace is for what was published and has another version on top of it.
func (j *job) anotherGrace(ctx context.Context) (Outcome, error) {
	j.record.retire = retirePending
	if j.isPublished() {
		return j.finish(ctx, Retiring, "")
	}
	return j.finish(ctx, Retiring, "Version "+j.live.Version+" was written by somebody else since. What the rotation published is made invalid after another grace period.")
}

// errForeign keeps the credential before valid.
var errForeign = Permanentf("The provider rejects the latest version, which somebody else wrote. Nothing is retired before it logs in.")

func (j *job) close(ctx context.Context, alarm string) (Outcome, error) {
	j.record.retireAt, j.record.retire = time.Time{}, ""
	if j.record.tries > 0 { // then the reason is why they failed
		j.record.reason = ""
	}
	if err := j.enter(ctx, Closed, cmp.Or(alarm, j.record.reason)); err != nil {
		return j.cantGoOn(ctx, err)
	}
	return Outcome{State: Closed, Operation: j.record.Operation, Note: cmp.Or(alarm, "The credential before is retired."), Alarm: alarm != ""}, nil
}

// disableBase hides the version that was replaced from readers, unless it was made the latest again.
func (j *job) disableBase(ctx context.Context) error {
	if j.record.retire != retireBase || j.record.Base == j.live.Version {
		return nil
	}
	_, err := j.Vault.Update(ctx, j.live.Name, j.record.Base, secret.Draft{Enabled: new(false)})
	if status, _ := secret.RefusedWith(err); status == http.StatusNotFound {
		return nil
	}
	return err
}

// base reads the version that was replaced. ok is false where it can't be read any more.
func (j *job) base(ctx context.Context) (_ secret.Secret, ok bool, _ error) {
	found, err := j.Vault.Get(ctx, j.live.Name, j.record.Base)
	if status, inner := secret.RefusedWith(err); status == http.StatusNotFound || inner == secret.CodeSecretDisabled {
		return secret.Secret{}, false, nil
	}
	return found, err == nil, err
}
