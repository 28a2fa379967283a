package rotation

import (
	"context"
	"fmt"
	"maps"
	"time"

	"rotunda/internal/secret"
)

// publish makes a proven credential the latest version, if the latest is still the one that it is to follow.
func (j *job) publish(ctx context.Context, proven credential, follows string) (Outcome, error) {
	live, err := j.Vault.Get(ctx, j.live.Name, "")
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	j.live = live
	if live.Version != follows {
		return j.overtakenAtLast(ctx)
	}
	published, err := j.Vault.Set(ctx, live.Name, j.version(live, proven))
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	j.record.exposure = 0
	if !proven.exposed.IsZero() {
		j.record.exposure = time.Since(proven.exposed)
	}
	published.Value = proven.value // the vault answers with it, but a gate before it may not
	j.live = published
	return j.confirm(ctx, published.Version)
}

// overtakenAtLast: between evidence and publishing another version came. Look again, at that one.
func (j *job) overtakenAtLast(ctx context.Context) (Outcome, error) {
	if err := j.understand(ctx); err != nil {
		return j.cantGoOn(ctx, err)
	}
	if j.live.Tags[tagOperation] == j.record.Operation {
		return j.conclude(ctx)
	}
	return j.yield(ctx)
}

// version is the one to publish: all that users put on the one before survives.
func (j *job) version(live secret.Secret, proven credential) secret.Draft {
	tags := maps.Clone(live.Tags)
	tags[tagOperation] = j.record.Operation
	if proven.id != "" {
		tags[TagCredentialID] = proven.id
	}
	return secret.Draft{
		Value: proven.value, ContentType: live.ContentType, Tags: tags, Enabled: live.Attributes.Enabled,
		NotBefore: live.Attributes.NotBefore, Expires: j.schedule.expires(time.Now()),
	}
}

// conclude is for a version that is published already, by an attempt that did not get to its end: R1, R2.
func (j *job) conclude(ctx context.Context) (Outcome, error) {
	replacement, err := j.way.check(ctx)
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	if replacement != nil {
		return j.publish(ctx, *replacement, j.live.Version)
	}
	if j.plan.Class == Single && j.live.Attributes.Created != nil && j.record.exposure == 0 {
		j.record.exposure = max(0, j.live.Attributes.Created.Sub(j.record.At)) // at most: the attempt that knew did not write it down
	}
	return j.confirm(ctx, j.live.Version)
}

// confirm reads what was published, by its version, and looks for one of somebody else's that it hides.
func (j *job) confirm(ctx context.Context, version string) (Outcome, error) {
	found, err := j.Vault.Get(ctx, j.live.Name, version)
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	if !found.Value.Equal(j.live.Value) {
		return j.cantGoOn(ctx, Wrongf("Version %s does not hold what was published in it. Look at the vault's log for who changed it.", version))
	}
	foreign, err := j.foreignVersion(ctx, found)
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	if foreign != "" {
		j.record.reason = fmt.Sprintf("Version %s was written by somebody else in the moment before version %s was published, which is the latest now. If that one was meant, set it again.", foreign, version)
	}
	j.record.lastSuccess = time.Now().UTC()
	if j.plan.Class == Single || j.plan.Class == ValueOnly {
		return j.finish(ctx, Closed, j.record.reason)
	}
	j.record.retire = retireBase
	return j.finish(ctx, Retiring, j.record.reason)
}

// foreignVersion is a version that came after the base and is not this operation's; "" for none. Key Vault has whole
// seconds only: one within the base's own second can't be told from one before it.
func (j *job) foreignVersion(ctx context.Context, published secret.Secret) (string, error) {
	base, err := j.Vault.ListVersions(ctx, j.live.Name, secret.Query{})
	var all []secret.Secret
	for all = base.Secrets; err == nil && base.Next != ""; all = append(all, base.Secrets...) {
		base, err = j.Vault.ListVersions(ctx, j.live.Name, secret.Query{Next: base.Next})
	}
	if err != nil {
		return "", err
	}
	var since time.Time
	for _, v := range all {
		if v.Version == j.record.Base && v.Attributes.Created != nil {
			since = *v.Attributes.Created
		}
	}
	for _, v := range all {
		ours := v.Version == j.known || v.Version == published.Version || v.Version == j.record.Base || v.Tags[tagOperation] == j.record.Operation
		if !ours && v.Attributes.Created != nil && v.Attributes.Created.After(since) && !since.IsZero() {
			return v.Version, nil
		}
	}
	return "", nil
}

// finish writes the end of an operation, or of its part before grace.
func (j *job) finish(ctx context.Context, state State, reason string) (Outcome, error) {
	j.record.retireAt = time.Time{}
	if state == Retiring {
		j.record.retireAt = time.Now().UTC().Add(j.Policy.Grace)
	}
	j.record.refused = 0
	if err := j.enter(ctx, state, reason); err != nil {
		return j.cantGoOn(ctx, err)
	}
	note := "Rotated: version " + j.live.Version + " is the latest."
	if reason != "" {
		note = reason
	}
	return Outcome{State: state, Operation: j.record.Operation, Note: note, Alarm: reason != ""}, nil
}
