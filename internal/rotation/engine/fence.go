package engine

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// fence is asked right before the provider changes, under the provider's own lock where it has
// one: a worker that slept through its lease must not change what others have gone on with. It may
// have slept for as long as other rotations took, with its clock and its connections.
func (a *attempt) fence(ctx context.Context) error {
	latest, err := a.Vault.Get(ctx, a.latest.Name, "")
	if err == nil && latest.Version != a.latest.Version {
		err = rotation.Temporaryf("The secret has another version since this attempt began.")
	}
	if err != nil {
		return err
	}
	return a.fenceRecord(ctx) // last: another worker writes there before it changes the provider
}

// fenceRecord looks whether the record has moved on. Whoever begins an operation writes a record
// over the one before, and whoever goes on with one writes when: see enter and mark.
func (a *attempt) fenceRecord(ctx context.Context) error {
	found, err := a.Vault.Get(ctx, secret.PendingName(a.request.Name), "")
	_, inner := secret.RefusedWith(err)
	if inner == secret.CodeSecretDisabled || err == nil && (found.Version != a.record.version || !a.record.isAt(parseProgress(found.Tags))) {
		return errWentOn
	}
	return err
}

// isAt reports whether progress that was read is what the attempt knows.
func (r record) isAt(read progress) bool {
	return read.state == r.state && read.since.Equal(r.since)
}

var errWentOn = rotation.Temporaryf("Another worker went on with this rotation.")

// isHidden reports whether another record lies over the one that this attempt has read.
func (a *attempt) isHidden(ctx context.Context) (bool, error) {
	record, err := a.Vault.Get(ctx, secret.PendingName(a.request.Name), "")
	if secret.IsMissing(err) {
		return a.record.version != "", nil
	}
	return err == nil && record.Version != a.record.version, err
}
