package rotation

import (
	"context"
	"errors"
	"time"

	"rotunda/internal/secret"
)

// Vault is what the engine needs of Key Vault. Errors are *secret.Problem, *secret.Refusal or a context's.
type Vault interface {
	Reader
	Writer
	Recoverer
}

// Reader reads versions, past any cache; version "" is the latest.
type Reader interface {
	Get(ctx context.Context, name, version string) (secret.Secret, error)
	ListVersions(ctx context.Context, name string, query secret.Query) (secret.Page, error)
}

// Writer makes versions and changes what is said about them.
type Writer interface {
	Set(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error)
	Update(ctx context.Context, name, version string, draft secret.Draft) (secret.Secret, error)
}

// Recoverer brings back what was soft-deleted.
type Recoverer interface {
	GetDeleted(ctx context.Context, name string) (secret.Secret, error)
	Recover(ctx context.Context, name string) (secret.Secret, error)
	AwaitRecovered(ctx context.Context, name string) error
}

// Policy is how the engine takes its time.
type Policy struct {
	Lead     time.Duration // before expiry, where no tag says otherwise
	Grace    time.Duration // that the old credential stays valid once the new one is published
	Cooldown time.Duration // between two rotations of a secret; longer than the host lets a function run
	Hosts    Hosts         // that rotations may log in to; "" for any
	Limit    time.Duration // of one attempt; shorter than Event Grid waits, which is 30 s
}

// Engine rotates secrets. Any number of processes may do so at once.
type Engine struct {
	Vault    Vault
	Locks    Locker
	Rotators map[string]Rotator // by kind: the tag Rotator, or the scheme of ProviderAddress
	Policy   Policy
}

// Trigger is why the engine is asked to look at a secret.
type Trigger int

// By whom a rotation is asked for. Only ByHand starts one that is not due.
const (
	ByEvent  Trigger = iota // Key Vault says that a version nears its expiry
	BySweep                 // the timer found it due
	ByHand                  // somebody wants a new value now
	ByResume                // somebody wants an open rotation to go on, and none to start
)

// Request asks for one secret.
type Request struct {
	Name    string
	Version string // what an event is about; "" for whatever is latest
	By      Trigger
	// Started is called once the rotation is on record and will be carried out, by this call or a later one. May be nil.
	Started func(Outcome)
}

// Outcome is where a secret's rotation stands after an attempt.
type Outcome struct {
	State     State
	Operation string
	Note      string // what was done or why nothing was, in words for a log and a caller
	Alarm     bool   // a human should read the note
}

// Rotate brings the rotation of a secret forward as far as it goes: it resumes what is open, or starts what is due or asked
// for. An error means that nothing durable came of it and the platform should try again, or, if it is a Permanent *Fault, that
// the request can't be met.
func (e *Engine) Rotate(ctx context.Context, request Request) (Outcome, error) {
	if secret.IsPending(request.Name) {
		return Outcome{State: None, Note: "it is Rotunda's own record of a rotation"}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, e.Policy.Limit)
	defer cancel()
	held, release, err := e.Locks.Lock(ctx, request.Name)
	if errors.Is(err, ErrLocked) {
		return Outcome{State: Busy, Note: "another worker is at it"}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	defer release()
	return (&job{Engine: e, request: request}).work(held)
}
