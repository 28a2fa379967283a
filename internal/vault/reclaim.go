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
	err := poll(ctx, advice, func(ctx context.Context) (done bool, err error) {
		answer, err = v.Set(ctx, name, draft)
		if _, inner := secret.RefusedWith(err); inner == secret.CodeDeletedButRecoverable {
			return false, v.startRecovery(ctx, name)
		}
		if err != nil && isNameBusy(err) {
			return false, nil
		}
		return err == nil, err
	})
	return answer, err
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
