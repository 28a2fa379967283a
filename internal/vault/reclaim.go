package vault

import (
	"context"
	"net/http"

	"rotunda/internal/secret"
)

// SetReclaiming sets a secret whose name may be taken by a soft-deleted one: that is recovered,
// waited for until the vault lets the name be written, and then set. A name that is being deleted,
// recovered or purged at the moment is waited for too.
func (v *Vault) SetReclaiming(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error) {
	var answer secret.Secret
	advice := "The name " + name + " was not free to be written. Nothing was set; try again later."
	err := until(ctx, advice, func(ctx context.Context) (done bool, err error) {
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

func isNameBusy(err error) bool {
	_, inner := secret.RefusedWith(err)
	return inner == secret.CodeBeingDeleted || inner == secret.CodeBeingRecovered
}

// startRecovery takes "already on its way" for success: another caller's recovery serves as well.
func (v *Vault) startRecovery(ctx context.Context, name string) error {
	_, err := v.Recover(ctx, name)
	if status, _ := secret.RefusedWith(err); status == http.StatusNotFound || status == http.StatusConflict {
		return nil
	}
	return err
}
