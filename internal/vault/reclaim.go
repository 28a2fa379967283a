package vault

import (
	"context"
	"net/http"

	"rotunda/internal/secret"
)

// SetReclaiming sets a secret whose name a soft-deleted secret may hold. It recovers that
// secret, waits until the vault allows writes to the name, and then sets it. It also waits for a
// name that is being deleted, recovered or purged.
func (v *Vault) SetReclaiming(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error) {
	var answer secret.Secret
	advice := "The name " + name + " is still not available. Nothing was set. Try again later."
	recovering := false
	err := poll(ctx, advice, func(ctx context.Context) (done bool, err error) {
		answer, err = v.Set(ctx, name, draft)
		switch status, inner := secret.RefusedWith(err); {
		case err == nil:
			return true, nil
		case isNameBusy(err):
			return false, nil
		case inner == secret.CodeDeletedButRecoverable, status == http.StatusConflict && v.isDeleted(ctx, name):
			recovering = true
			return false, v.startRecovery(ctx, name)
		case status == http.StatusConflict && recovering:
			return false, nil
		}
		return false, err
	})
	return answer, err
}

// isDeleted reports whether a soft-deleted secret has the name. It decides where a 409 has no
// inner code. For a disabled one, the vault answers 403.
func (v *Vault) isDeleted(ctx context.Context, name string) bool {
	_, err := v.GetDeleted(ctx, name)
	status, _ := secret.RefusedWith(err)
	return err == nil || status == http.StatusForbidden
}

// isNameBusy reports whether the vault is still working on an earlier operation on the name.
func isNameBusy(err error) bool {
	_, inner := secret.RefusedWith(err)
	return inner == secret.CodeBeingDeleted || inner == secret.CodeBeingRecovered
}

// startRecovery starts a recovery. One that another caller has started is as good.
func (v *Vault) startRecovery(ctx context.Context, name string) error {
	_, err := v.Recover(ctx, name)
	if status, _ := secret.RefusedWith(err); status == http.StatusNotFound || status == http.StatusConflict {
		return nil
	}
	return err
}
