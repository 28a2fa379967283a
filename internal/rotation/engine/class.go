package engine

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// operation describes a rotation to its class.
type operation struct {
	rotation.Subject
	content // of the record
	decoy   secret.Value
	setter  rotation.Subject // by whose authority Apply works
	single  bool             // class S: readers are exposed from Apply to Publish
	latest  owner
	version string    // the latest
	fresh   bool      // this attempt began it
	intent  time.Time // since when the provider may have changed
	settled time.Time // when no interrupted attempt's change can still take effect
	retires string    // what the grace period is for: retireBase or retirePending
	ended   bool      // a person has ended the old credential
	history history
	fence   rotation.Fence
	same    func(x, y secret.Value) bool // whether two values hold the same credential

	recordFence func(context.Context) error // the half of fence that looks at the record
	notes       rotation.Ledger
}

// class is what differs between classes.
type class interface {
	senses
	acts
}

// senses is how a class finds evidence at the provider. An error is why a verdict is Unknown.
type senses interface {
	// probePending reports whether the provider accepts the new credential, and returns it.
	probePending(ctx context.Context, o operation) (credential, rotation.Verdict, error)
	// probe reports whether the provider accepts a value of the secret's.
	probe(ctx context.Context, o operation, value secret.Value) (rotation.Verdict, error)
}

// acts is how a class changes the provider.
type acts interface {
	// preflight returns what keeps a rotation from beginning.
	preflight(ctx context.Context, o operation) error
	// preflightAdmin is preflight for the administrator's login.
	preflightAdmin(ctx context.Context, o operation) error
	// control returns a fault if the provider accepts a wrong credential.
	control(ctx context.Context, o operation) error
	// draft adds to a new record what the class needs there.
	draft(ctx context.Context, o operation, next secret.Value, c *content) error
	// apply makes the new credential valid.
	apply(ctx context.Context, o operation) (credential, error)
	// verify returns the new credential once the provider has accepted it.
	verify(ctx context.Context, o operation, applied credential) (credential, error)
	// old returns what the grace period was for. It has no value if nothing can be proven.
	old(ctx context.Context, o operation) (oldCredential, error)
	// retire makes it invalid, while the latest version is valid. rest reports that a later version
	// needs its own grace period.
	retire(ctx context.Context, o operation, old oldCredential) (rest bool, err error)
}

// oldCredential is what is retired.
type oldCredential struct {
	value   secret.Value
	role    string // previous or pending
	version string
	shown   bool   // this attempt has enabled the version, to read it
	warning string // if it can no longer be read: what a person has to do
}

// classOf returns what the plan's class does, and its means.
func classOf(plan rotation.Plan, rotator rotation.Rotator, hasAdmin bool) (class, means, error) {
	switch plan.Class {
	case rotation.Overlap, rotation.Alternating, rotation.Single:
		if setter, ok := rotator.(rotation.Setter); ok && hasAdmin {
			return setting{setter}, byAdmin, nil
		} else if ok {
			return setting{setter}, byLogin, nil
		}
	case rotation.DualKey:
		if provider, ok := rotator.(rotation.Regenerator); ok {
			return regenerating{provider}, byKeys, nil
		}
	case rotation.Issued:
		if issuer, ok := rotator.(rotation.Issuer); ok {
			return issuing{issuer}, byIssue, nil
		}
	case rotation.ValueOnly:
		return valueOnly{}, byAdmin, nil
	}
	return nil, anyMeans, fmt.Errorf("rotator %T plans class %q and does not implement it", rotator, plan.Class)
}

// unsettled is a fault that passes once no interrupted attempt's change can take effect any more.
type unsettled struct {
	*rotation.Fault
	until time.Time // when another attempt is worth it
}

func (u unsettled) Unwrap() error { return u.Fault }

// mustAccept returns nil if a probe found a credential accepted, and otherwise why not: rejected,
// or the probe's own error.
func mustAccept(answer rotation.Verdict, err, rejected error) error {
	switch answer {
	case rotation.Accepted:
		return nil
	case rotation.Rejected:
		return rejected
	}
	return noAnswer(err)
}

// noAnswer is why a probe decides nothing.
func noAnswer(err error) error {
	return cmp.Or(err, error(rotation.Temporaryf("The provider did not answer a login.")))
}
