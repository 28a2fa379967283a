package vault

import (
	"context"

	"rotunda/internal/secret"
)

// Delete starts the soft delete of all versions. The vault completes it after its answer.
func (v *Vault) Delete(ctx context.Context, name string) (secret.Secret, error) {
	ctx, cancel := v.withoutRetries(ctx)
	defer cancel()
	answer, err := v.client.DeleteSecret(ctx, name, nil)
	return v.understood(call{name: name, writes: true}, fromDeleted(answer.DeletedSecret), err)
}

// GetDeleted reads a soft-deleted secret, without its value. For one that is disabled, the vault
// always answers 403.
func (v *Vault) GetDeleted(ctx context.Context, name string) (secret.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := v.client.GetDeletedSecret(ctx, name, nil)
	return v.understood(call{name: name}, fromDeleted(answer.DeletedSecret), err)
}

// Recover starts the recovery of a soft-deleted secret. The vault completes it after its answer.
func (v *Vault) Recover(ctx context.Context, name string) (secret.Secret, error) {
	ctx, cancel := v.withoutRetries(ctx)
	defer cancel()
	answer, err := v.client.RecoverDeletedSecret(ctx, name, nil)
	return v.understood(call{name: name, writes: true}, described(answer.Secret), err)
}

// Purge starts the permanent deletion of a soft-deleted secret. The vault does not report its
// end.
func (v *Vault) Purge(ctx context.Context, name string) error {
	ctx, cancel := v.withoutRetries(ctx)
	defer cancel()
	_, err := v.client.PurgeDeletedSecret(ctx, name, nil)
	return v.explain(err, call{name: name, writes: true})
}
