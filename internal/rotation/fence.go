package rotation

import (
	"context"
	"errors"
	"time"

	"rotunda/internal/secret"
)

// fence is asked right before the provider changes, under the provider's own lock where it has one: a worker that slept
// through its lease must not change what others have gone on with.
func (j *job) fence(ctx context.Context) error {
	own, err := j.Vault.Get(ctx, secret.PendingName(j.live.Name), j.record.version)
	_, inner := secret.RefusedWith(err)
	if inner == secret.CodeSecretDisabled || err == nil && State(own.Tags[tagState]) != j.record.state {
		return Temporaryf("Another worker went on with this rotation meanwhile.")
	}
	if err != nil {
		return err
	}
	live, err := j.Vault.Get(ctx, j.live.Name, "")
	if err == nil && live.Version != j.live.Version {
		return Temporaryf("The secret has another version since this attempt began.")
	}
	return err
}

// alone gives way to the record of another operation that this one, of which the provider has heard nothing, hides: two
// workers may both have begun, or a record may have landed late. Each writes its record before it looks here, and marks its
// intent after, so of two that meet at least one sees the other, and only one gets to Intent.
func (j *job) alone(ctx context.Context) error {
	versions, err := j.versions(ctx, secret.PendingName(j.live.Name))
	if err != nil && !isMissing(err) { // before the first record, there is none
		return err
	}
	other := ""
	for _, v := range versions {
		switch state := State(v.Tags[tagState]); {
		case v.Tags[tagOperation] != j.record.Operation:
			if j.isInTheWay(v) {
				other = v.Version
			}
		case state != Prepared && state != Abandoned && j.record.Operation != "":
			return nil // a worker got further with it
		}
	}
	if other == "" {
		return nil
	}
	return j.giveWay(ctx, other, versions)
}

// isInTheWay tells whether a version of the record is of another operation that is open, or has published since.
func (j *job) isInTheWay(v secret.Secret) bool {
	op := v.Tags[tagOperation]
	if op == "" || v.Attributes.Enabled != nil && !*v.Attributes.Enabled {
		return false
	}
	switch State(v.Tags[tagState]) {
	case Prepared, Intent, Attention, Retiring:
		return true
	}
	if State(v.Tags[tagState]) == Closed && j.record.version != j.met { // written by this attempt: live is from before that
		return v.Version != j.met && j.mayHaveMet(parseTime(v.Tags[tagSince]))
	}
	return op == j.live.Tags[tagOperation] && j.live.Version != j.record.Base
}

// mayHaveMet tells whether an operation that closed then can have been under way with this one. One that closed well before
// is the one before, or an older one that nobody came to hide; half the cooldown is more than clocks differ.
func (j *job) mayHaveMet(closed time.Time) bool {
	return closed.After(j.record.At.Add(-j.Policy.Cooldown / 2))
}

// errGaveWay ends an attempt: whoever comes next goes on with what is on record then.
var errGaveWay = errors.New("another rotation of this secret is under way")

// giveWay makes the record of another operation the latest again, and abandons this one.
func (j *job) giveWay(ctx context.Context, other string, versions []secret.Secret) error {
	found, err := j.Vault.Get(ctx, secret.PendingName(j.live.Name), other)
	if _, inner := secret.RefusedWith(err); inner == secret.CodeSecretDisabled || err == nil && !j.isInTheWay(found) {
		return errGaveWay // it gave way to us meanwhile
	}
	if err != nil {
		return err
	}
	adopted, err := parseRecord(found)
	if err != nil {
		return err
	}
	if _, err := j.writeRecord(ctx, j.live.Name, adopted); err != nil {
		return err
	}
	j.hide(ctx, adopted)
	for _, v := range versions {
		if err := j.abandonVersion(ctx, v); err != nil {
			return err
		}
	}
	return errGaveWay
}

// abandonVersion ends this operation in one version of the record.
func (j *job) abandonVersion(ctx context.Context, v secret.Secret) error {
	if v.Tags[tagOperation] != j.record.Operation || j.record.Operation == "" {
		return nil
	}
	own := record{content: j.record.content, progress: parseProgress(v.Tags), version: v.Version}
	own.state, own.reason = Abandoned, "Another worker had begun a rotation at the same time."
	return j.note(ctx, own)
}

// versions are all of a secret's, without values.
func (j *job) versions(ctx context.Context, name string) (all []secret.Secret, err error) {
	for query := (secret.Query{}); ; {
		page, err := j.Vault.ListVersions(ctx, name, query)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Secrets...)
		if query.Next = page.Next; page.Next == "" {
			return all, nil
		}
	}
}

// markAgain notes, before the provider is changed in a later attempt, that a change may be under way from now on.
func (j *job) markAgain(ctx context.Context) error {
	changed := j.record
	changed.since = time.Now().UTC()
	if err := j.note(ctx, changed); err != nil {
		return err
	}
	j.record = changed
	return nil
}

// underWay is until when a change that an attempt made before it broke off may still arrive: then the host has killed it.
func (j *job) underWay() time.Time { return j.record.since.Add(j.Policy.Cooldown) }
