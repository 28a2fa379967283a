package engine

import (
	"context"
	"maps"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// These are the parts of the step publish, which is in act.go.

// landed reports what was published on top of another version. It is called once the vault has
// answered, or, if the answer was lost, once the version is found.
func (a *attempt) landed() {
	a.report += a.replaces
	a.replaces = ""
}

// version is the one to publish: everything that users put on the latest one stays.
func (a *attempt) version() secret.Draft {
	tags := maps.Clone(a.latest.Tags)
	if tags[tagOperation] = a.record.Operation; a.rollingBack {
		delete(tags, tagOperation)
	}
	switch {
	case a.pending.id != "":
		tags[rotation.TagCredentialID] = a.pending.id
	case a.rollingBack && a.plan.Class == rotation.DualKey: // the value alone named the key
		delete(tags, rotation.TagCredentialID)
	}
	return secret.Draft{
		Value: a.pending.value, ContentType: a.latest.ContentType, Tags: tags, Enabled: a.latest.Attributes.Enabled,
		NotBefore: a.latest.Attributes.NotBefore, Expires: a.schedule.expires(time.Now()),
	}
}

// retryPauses are how soon publishing is tried again while the vault is away: readers may be cut
// off until it is done.
var retryPauses = []time.Duration{500 * time.Millisecond, 2 * time.Second}

// retry lets the loop decide the same again after a pause, if the vault is away.
func (a *attempt) retry(ctx context.Context, err error) error {
	if !secret.IsVaultAway(err) || a.retries == len(retryPauses) {
		return err
	}
	a.retries++
	select {
	case <-time.After(retryPauses[a.retries-1]):
		return nil
	case <-ctx.Done():
		return err
	}
}

// noteExposure notes for how long the latest version did not log in.
func (a *attempt) noteExposure() {
	a.record.exposure = 0
	if !a.pending.exposed.IsZero() {
		a.record.exposure = time.Since(a.pending.exposed)
	}
}

// estimateExposure is for class S when the attempt that published could not note the exposure. The
// result is an upper bound.
func (a *attempt) estimateExposure() {
	if created := a.latest.Attributes.Created; a.plan.Class == rotation.Single && created != nil && a.record.exposure == 0 {
		a.record.exposure = max(0, created.Sub(a.record.At))
	}
}
