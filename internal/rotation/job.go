package rotation

import (
	"context"
	"time"

	"rotunda/internal/secret"
)

// job is one attempt at one secret, under its lock.
type job struct {
	*Engine
	request Request

	live     secret.Secret // the latest version
	record   record
	schedule schedule
	plan     Plan
	subject  Subject
	way      way

	met     string // the version of the record when this attempt began
	durable bool   // an operation is on record: whatever fails now, a later attempt goes on with it
	report  string // what a human should know of this rotation, though it succeeds
	known   string // a version of somebody else's that is reported already
}

// way is a class's own part of a rotation.
type way interface {
	// preflight makes sure that things are as we understand them. Nothing was written yet.
	preflight(ctx context.Context) error
	// draft puts into the record what this class needs there.
	draft(ctx context.Context, c *content) error
	// obtain makes the new credential valid and proves it. resumed tells that an earlier attempt may have come this far.
	obtain(ctx context.Context, resumed bool) (credential, error)
	// check makes sure that what was published is valid; if need be it gives what to publish in its place.
	check(ctx context.Context) (*credential, error)
	// overtaken looks at a version that somebody else wrote: it stays, or gives way to the credential returned.
	overtaken(ctx context.Context) (*credential, error)
	// retire makes invalid what grace was for. live is valid. rest tells that something of this operation's was the latest
	// more lately, and has to wait for another grace.
	retire(ctx context.Context) (rest bool, err error)
}

// credential is proven, and what is published.
type credential struct {
	value   secret.Value
	id      string    // for the tag CredentialId; "" leaves that as it is
	exposed time.Time // since when the latest version may not log in; zero if it does
}

func (j *job) work(ctx context.Context) (Outcome, error) {
	if err := j.read(ctx); err != nil {
		return j.cantGoOn(ctx, err)
	}
	if outcome, gone := j.liveGone(ctx); gone {
		return outcome, nil
	}
	err := j.understand(ctx)
	switch {
	case err != nil:
		return j.cantGoOn(ctx, err)
	case j.record.open():
		return j.resume(ctx)
	}
	return j.begin(ctx)
}

// read gets the secret and the record.
func (j *job) read(ctx context.Context) (err error) {
	if j.record, err = j.readRecord(ctx, j.request.Name); err != nil {
		return err
	}
	j.met, j.durable = j.record.version, j.record.open()
	return j.readLive(ctx)
}

func (j *job) readLive(ctx context.Context) (err error) {
	j.live, err = j.Vault.Get(ctx, j.request.Name, "")
	if isMissing(err) && j.durable {
		return nil // liveGone tells
	} else if _, inner := secret.RefusedWith(err); inner == secret.CodeSecretDisabled {
		return Permanentf("The latest version of the secret is disabled, so nobody can tell what it holds. Enable it, or set a new value.")
	}
	return err
}

const deletedReason = "The secret is deleted. Recover it, and its rotation goes on; its new value is kept on record."

// liveGone: the secret was deleted while its rotation was open. The record is kept, for when it is recovered.
func (j *job) liveGone(ctx context.Context) (Outcome, bool) {
	if j.live.Version != "" {
		return Outcome{}, false
	}
	return j.wait(ctx, Blocked, deletedReason), true
}
