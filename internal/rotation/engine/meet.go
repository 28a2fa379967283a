package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Two workers may both have begun, where a lock was lost or a record landed late. Each writes its
// record before it looks for another's, and marks its intent after: of two that meet, at least one
// sees the other, and only one gets to intent.

// errGaveWay ends an attempt. Whoever comes next goes on with what is on record then.
var errGaveWay = errors.New("another rotation of this secret is under way")

// giveWayIfMet yields to the record of another operation that this one hides, while the
// provider has heard nothing of this one.
func (a *attempt) giveWayIfMet(ctx context.Context) error {
	records := history{vault: a.Vault, name: secret.PendingName(a.latest.Name)}
	versions, err := records.versions(ctx)
	if err != nil && !secret.IsMissing(err) { // before the first record, there is none
		return err
	}
	var others []string
	for _, v := range versions {
		switch state := rotation.State(v.Tags[tagState]); {
		case v.Tags[tagOperation] != a.record.Operation:
			if a.isInTheWay(v) {
				others = append(others, v.Version)
			}
		case state != rotation.Prepared && state != rotation.Abandoned && a.record.Operation != "":
			return nil // another worker has got further with this operation
		}
	}
	for _, other := range slices.Backward(others) {
		if err := a.giveWay(ctx, other, versions); err != nil {
			return err
		}
	}
	return nil
}

// isInTheWay reports whether a version of the record belongs to another operation that is open, or
// has published since.
func (a *attempt) isInTheWay(v secret.Secret) bool {
	op := v.Tags[tagOperation]
	if op == "" || isDisabled(v) {
		return false
	}
	switch rotation.State(v.Tags[tagState]) {
	case rotation.Prepared, rotation.Intent, rotation.Attention, rotation.Retiring:
		return true
	case rotation.Closed:
		if a.record.version != a.found { // written by this attempt: the latest version was read before
			return v.Version != a.found && a.mayHaveMet(parseTime(v.Tags[tagSince]))
		}
	}
	return a.record.Operation != "" && op == a.latest.Tags[tagOperation] && a.latest.Version != a.record.Base
}

// mayHaveMet reports whether an operation that closed then can have been under way together with
// this one. An operation that closed well before is an older one that nobody has hidden; half the
// cooldown is more than clocks differ.
func (a *attempt) mayHaveMet(closed time.Time) bool {
	return closed.After(a.record.At.Add(-a.Policy.Cooldown / 2))
}

// giveWay makes the record of another operation the latest again, and abandons this one. It does
// nothing if the app did not write that record.
func (a *attempt) giveWay(ctx context.Context, other string, versions []secret.Secret) error {
	found, err := a.Vault.Get(ctx, secret.PendingName(a.latest.Name), other)
	if _, inner := secret.RefusedWith(err); inner == secret.CodeSecretDisabled || err == nil && !a.isInTheWay(found) {
		return errGaveWay // it yielded to us in the meantime
	}
	if err != nil {
		return err
	}
	adopted, err := parseRecord(found)
	if err != nil {
		return nil //nolint:nilerr // not a record at all
	}
	if genuine, err := a.isOurs(ctx, adopted); err != nil || !genuine {
		return err
	}
	if _, err := a.writeRecord(ctx, a.latest.Name, adopted); err != nil {
		return err
	}
	a.hide(ctx, adopted)
	for _, v := range versions {
		if err := a.abandonVersion(ctx, v); err != nil {
			return err
		}
	}
	return errGaveWay
}

// abandonVersion ends this operation in one version of the record.
func (a *attempt) abandonVersion(ctx context.Context, v secret.Secret) error {
	if v.Tags[tagOperation] != a.record.Operation || a.record.Operation == "" {
		return nil
	}
	own := record{content: a.record.content, progress: parseProgress(v.Tags), version: v.Version}
	own.state, own.reason = rotation.Abandoned, "Another worker had begun a rotation at the same time."
	return a.update(ctx, own)
}
