// Package engine rotates the credentials behind secrets so that a crash at any point loses
// nothing, nothing unproven is published, and readers keep working where the provider allows it.
// It knows no provider and no Azure SDK: rotators bring the one, the handler the other.
//
// An attempt is a loop (loop.go): it senses what a decision needs (sense.go), decides by a pure
// function (decide.go), and acts, one function per step (begin.go, act.go). docs/rotation.md
// explains it.
package engine

import (
	"context"
	"errors"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Vault is what the engine needs of Key Vault. Errors are *secret.Problem, *secret.Refusal or a
// context's.
type Vault interface {
	Reader
	Writer
	Recoverer
	// Bypass makes readers of a name get it past any cache of this process until a time; the zero
	// time ends that.
	Bypass(name string, until time.Time)
}

// Reader reads versions, past any cache. Version "" is the latest.
type Reader interface {
	Get(ctx context.Context, name, version string) (secret.Secret, error)
	ListVersions(ctx context.Context, name string, query secret.Query) (secret.Page, error)
}

// Writer makes versions and updates their attributes.
type Writer interface {
	Set(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error)
	Update(ctx context.Context, name, version string, draft secret.Draft) (secret.Secret, error)
}

// Recoverer recovers what was soft-deleted.
type Recoverer interface {
	GetDeleted(ctx context.Context, name string) (secret.Secret, error)
	Recover(ctx context.Context, name string) (secret.Secret, error)
	AwaitRecovered(ctx context.Context, name string) error
}

// Policy is how the engine times rotations, and where they may log in.
type Policy struct {
	Lead     time.Duration  // before expiry, where no tag says otherwise
	Grace    time.Duration  // for which the old credential stays valid after the new one is published
	Cooldown time.Duration  // between two rotations of a secret; longer than the host lets a function run
	Hosts    rotation.Hosts // to which rotations may log in; "" for any
	Trust    rotation.Trust // in the servers that they log in to
	Limit    time.Duration  // of one attempt; shorter than Event Grid waits, which is 30 s
	CacheTTL time.Duration  // for which readers may get an older version from the app's memory
	Vault    string         // the vault's host, by which a provider's marks name it
}

// Engine rotates secrets. Any number of processes may do so at once.
type Engine struct {
	Vault    Vault
	Locks    rotation.Locks
	Rotators map[string]rotation.Rotator // by kind: the tag Rotator, or the scheme of ProviderAddress
	Policy   Policy

	mistake mistake // in tests: what this engine does wrong
}

// Trigger is why the engine is asked to look at a secret.
type Trigger int

// The triggers. Only ByHand starts a rotation that is not due.
const (
	ByEvent  Trigger = iota // Key Vault says that a version nears its expiry
	BySweep                 // the timer found it due
	ByHand                  // somebody wants a new value now
	ByResume                // somebody wants an open rotation to go on, and none to start
	ByRetire                // somebody wants the old credential to end before its grace period does
	ByCancel                // somebody gives an open rotation up
)

// attended reports whether somebody waits for the answer.
func (t Trigger) attended() bool { return t >= ByHand }

// Request names a secret to look at.
type Request struct {
	Name    string
	Version string // that an event is about; "" for the latest
	By      Trigger
	Adopt   bool // an open record counts as the app's, though nothing proves it
	// RetireNow, by hand, rotates although the last rotation's grace period is not over, and ends
	// every older credential at once: after a leak.
	RetireNow bool
	// Started, if not nil, is called once the rotation is on record and will be carried out, by this
	// call or a later one.
	Started func(rotation.Outcome)
}

// Rotate brings the rotation of a secret forward as far as possible: it resumes an open one, or
// starts one that is due or asked for. An error means that nothing durable came of it: the
// platform should try again, or, if it is a permanent *rotation.Fault, the request cannot be met.
func (e *Engine) Rotate(ctx context.Context, request Request) (rotation.Outcome, error) {
	if secret.IsPending(request.Name) {
		return rotation.Outcome{State: rotation.None, Note: "This secret is Rotunda's own record of a rotation."}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, e.Policy.Limit)
	defer cancel()
	held, release, err := e.Locks.Lock(ctx, request.Name)
	if errors.Is(err, rotation.ErrLocked) {
		return rotation.Outcome{State: rotation.Busy, Note: "Another worker is rotating this secret."}, nil
	}
	if err != nil {
		return rotation.Outcome{}, err
	}
	defer release()
	return e.attempts(held, request)
}
