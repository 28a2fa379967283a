package rotation

import (
	"context"
	"errors"
	"maps"
	"time"

	"rotunda/internal/secret"
)

// retryPauses are how soon publishing is tried again when the vault is away: readers may be cut off until it is done.
var retryPauses = []time.Duration{500 * time.Millisecond, 2 * time.Second}

// publish makes a proven credential the latest version, if the latest is still the one that it is to follow.
func (j *job) publish(ctx context.Context, proven credential, follows string) (Outcome, error) {
	err := j.publishOnce(ctx, proven, follows)
	for i := 0; i < len(retryPauses) && secret.IsVaultAway(err); i++ {
		select {
		case <-time.After(retryPauses[i]):
			err = j.publishOnce(ctx, proven, follows)
		case <-ctx.Done():
			return j.cantGoOn(ctx, err)
		}
	}
	if errors.Is(err, errOvertaken) {
		return j.overtakenAtLast(ctx)
	}
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	j.record.exposure = 0
	if !proven.exposed.IsZero() {
		j.record.exposure = time.Since(proven.exposed)
	}
	return j.confirm(ctx, j.live.Version)
}

// errOvertaken is when the latest version is not the one that was to be followed.
var errOvertaken = errors.New("another version is the latest")

func (j *job) publishOnce(ctx context.Context, proven credential, follows string) error {
	live, err := j.Vault.Get(ctx, j.live.Name, "")
	if err != nil {
		return err
	}
	j.live = live
	if live.Version != follows {
		return errOvertaken
	}
	published, err := j.Vault.Set(ctx, live.Name, j.version(live, proven))
	if err != nil {
		return err
	}
	published.Value = proven.value // the vault answers with it, but a gate before it may not
	j.live = published
	return nil
}

// overtakenAtLast: between evidence and publishing another version came. Look again, at that one.
func (j *job) overtakenAtLast(ctx context.Context) (Outcome, error) {
	if err := j.understand(ctx); err != nil {
		return j.cantGoOn(ctx, err)
	}
	if j.isPublished() {
		return j.conclude(ctx)
	}
	return j.yield(ctx)
}

// isPublished tells whether the latest version is this operation's. Who writes one by hand may copy the tags of ours.
func (j *job) isPublished() bool {
	return j.live.Tags[tagOperation] == j.record.Operation && (j.record.Value == nil || j.live.Value.Equal(j.record.pending()))
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
