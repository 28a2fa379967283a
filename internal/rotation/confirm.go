package rotation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rotunda/internal/secret"
)

// conclude is for a version that is published already, by an attempt that did not get to its end: R1, R2.
func (j *job) conclude(ctx context.Context) (Outcome, error) {
	replacement, err := j.way.check(ctx)
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	if replacement != nil {
		return j.replace(ctx, *replacement)
	}
	if j.plan.Class == Single && j.live.Attributes.Created != nil && j.record.exposure == 0 {
		j.record.exposure = max(0, j.live.Attributes.Created.Sub(j.record.At)) // at most: the attempt that knew did not write it down
	}
	return j.confirm(ctx, j.live.Version)
}

// replace publishes again, as what was published does not log in any more.
func (j *job) replace(ctx context.Context, by credential) (Outcome, error) {
	j.report += "Version " + j.live.Version + " did not log in any more, so the provider or the secret was changed; what the provider has is published on top. "
	return j.publish(ctx, by, j.live.Version)
}

// confirm reads what was published, by its version, and looks for one of somebody else's that it hides.
func (j *job) confirm(ctx context.Context, version string) (Outcome, error) {
	found, err := j.Vault.Get(ctx, j.live.Name, version)
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	if !found.Value.Equal(j.live.Value) {
		return j.cantGoOn(ctx, Permanentf("Version %s does not hold what was published in it. Look at the vault's log for who changed it.", version))
	}
	foreign, err := j.foreignVersion(ctx, found)
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	if foreign != "" {
		return j.lookAgain(ctx, foreign)
	}
	j.record.lastSuccess = time.Now().UTC()
	if j.plan.Class == Single || j.plan.Class == ValueOnly {
		return j.finish(ctx, Closed, strings.TrimSpace(j.report))
	}
	j.record.retire = retireBase
	return j.finish(ctx, Retiring, strings.TrimSpace(j.report))
}

// lookAgain is for a version of somebody else's that came around when ours did. Whoever wrote it may have changed the
// provider too.
func (j *job) lookAgain(ctx context.Context, foreign string) (Outcome, error) {
	ours := j.live.Version
	live, err := j.Vault.Get(ctx, j.live.Name, "")
	if err != nil {
		return j.cantGoOn(ctx, err)
	}
	if j.live = live; live.Version != ours {
		return j.overtakenAtLast(ctx)
	}
	if err := j.understand(ctx); err != nil {
		return j.cantGoOn(ctx, err)
	}
	j.known = foreign
	j.report += fmt.Sprintf("Version %s was written by somebody else in the moment before version %s was published, which is the latest now. If that one was meant, set it again. ", foreign, ours)
	return j.conclude(ctx)
}

// foreignVersion is a version that came after the base and is not this operation's; "" for none. Key Vault has whole
// seconds only: one within the base's own second can't be told from one before it.
func (j *job) foreignVersion(ctx context.Context, published secret.Secret) (string, error) {
	all, err := j.versions(ctx, j.live.Name)
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
