package engine

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// fence is asked right before the provider changes, under the provider's own lock where it has
// one: a worker that slept through its lease must not change what others have gone on with.
func (a *attempt) fence(ctx context.Context) error {
	if err := a.fenceRecord(ctx); err != nil {
		return err
	}
	latest, err := a.Vault.Get(ctx, a.latest.Name, "")
	if err == nil && latest.Version != a.latest.Version {
		return rotation.Temporaryf("The secret has another version since this attempt began.")
	}
	return err
}

func (a *attempt) fenceRecord(ctx context.Context) error {
	own, err := a.Vault.Get(ctx, secret.PendingName(a.latest.Name), a.record.version)
	_, inner := secret.RefusedWith(err)
	if inner == secret.CodeSecretDisabled || err == nil && rotation.State(own.Tags[tagState]) != a.record.state {
		return rotation.Temporaryf("Another worker went on with this rotation.")
	}
	return err
}
