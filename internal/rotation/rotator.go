// Package rotation holds the words that rotators, locks and the functions share: classes, plans,
// verdicts, faults, tags and passwords. The engine that rotates is in package engine below it.
package rotation

import (
	"context"
	"time"

	"rotunda/internal/secret"
)

// Class is how a provider lets a credential be replaced.
type Class string

// The classes. In every class but Single, the secret's latest version is valid at every instant.
const (
	Overlap     Class = "O" // two values of one credential are valid at once
	Alternating Class = "A" // two logins take turns
	Single      Class = "S" // one value: new logins may fail for a moment
	DualKey     Class = "K" // the provider makes the values of two keys
	Issued      Class = "C" // the provider issues a new credential, and revokes old ones
	ValueOnly   Class = "V" // there is no provider
)

// Rotator knows one kind of credential and its provider. It never sees the vault. The class of
// its plan decides what else it implements: Setter, Regenerator or Issuer.
type Rotator interface {
	// Plan returns what would be rotated and how, from tags and values alone; it does no I/O. Its
	// error is a permanent *Fault: what is wrong with which tag or value, and what would be right.
	Plan(Subject) (Plan, error)
}

// Subject describes a secret to its rotator.
type Subject struct {
	Name         string
	Address      string // tag ProviderAddress
	CredentialID string // tag CredentialId
	Tags         map[string]string
	Current      secret.Value // of the version that is rotated
	Admin        secret.Value // of the secret that the tag AdminSecret names; not set without that tag
	// Owner names the vault and the secret, such as "contoso.vault.azure.net/db". A rotator marks
	// with it what it makes at the provider, and changes nothing there that bears another owner's
	// mark.
	Owner string
	Trust Trust // in the server
	// OperationID names the rotation, in Apply, Issue, ListIssued and Revoke. Every attempt has the
	// same.
	OperationID string
}

// Plan is a rotator's answer to a Subject.
type Plan struct {
	Class Class
	// CredentialID is what the tag CredentialId means, as Keys spells it, if the kind knows several
	// spellings. "" stands for the tag's own text. Class K.
	CredentialID string
	// Identity names the provider and the credential, such as "postgres://db:5432/app as app",
	// without any value. It stays the same across a rotation; a secret whose identity changed
	// points to another credential.
	Identity string
	// Next is a fresh value in the form of the current one. Classes O, A, S and V.
	Next secret.Value
	// Decoy is the current credential with a wrong, random password: a provider that accepts it
	// proves nothing. Classes O, A and S.
	Decoy secret.Value
	// Lingers is how long the provider may still accept a credential that Apply has replaced, as
	// Active Directory does. Most providers refuse it at once. Class S.
	Lingers time.Duration
	// Warnings are for whoever asks for a plan.
	Warnings []string
}

// Verdict is what a provider says to a credential.
type Verdict int

// Unknown means that there was no answer. It never counts as Rejected.
const (
	Unknown Verdict = iota
	Accepted
	Rejected
)

func (v Verdict) String() string { return [...]string{"unknown", "accepted", "rejected"}[v] }

// Prober tries credentials.
type Prober interface {
	// Probe logs in anew with value and checks that the login may do what it is for. Rejected means
	// that the provider refused the credential itself, by its own words; a *Fault beside it may name
	// the cause, with its remedy. Any other failure is Unknown, with a *Fault that says what failed.
	// Probe logs in at most once.
	Probe(ctx context.Context, s Subject, value secret.Value) (Verdict, error)
}

// Checker is implemented by a Rotator that can find out, without changing anything, what would
// keep a rotation from succeeding: missing rights, versions, plugins, the provider's policy, and
// whether the credential belongs to another secret or to nobody that Rotunda knows.
type Checker interface {
	// Check logs in with the credentials that preflight has found valid. It returns warnings for
	// whoever asks for a plan, and everything that is wrong, each as a *Fault, joined by errors.Join.
	Check(ctx context.Context, s Subject) (warnings []string, err error)
}

// Locator is a Rotator whose provider tells which server it is. An address may name a server in
// many ways: by an alias, an IP address, another database, or a port that is left out.
type Locator interface {
	// Locate logs in, and returns what the server says of itself. The zero Location means that it
	// does not tell.
	Locate(ctx context.Context, s Subject) (Location, error)
}

// Location is a login of a server, whatever the address by which it was reached.
type Location struct {
	Login string // names the server and the login; it outlasts a restart, and a copy of the server has the same
	Run   string // tells the running server from its copies; another one after each start
}

// Comparer is a Rotator that knows values of one credential in different forms, such as a URL and
// JSON.
type Comparer interface {
	// Same reports whether two values of the secret hold the same credential. It does no I/O.
	Same(s Subject, a, b secret.Value) bool
}

// Fence returns an error if others have gone on with the rotation, or with the next one, since the
// attempt began. Every method that changes the provider calls it right before the change, after
// all else that takes time, and changes nothing if it fails: the worker may have slept for hours.
type Fence func(context.Context) error

// Setter is a Rotator of class O, A or S: the engine chooses the value and the provider takes it.
type Setter interface {
	Rotator
	Prober
	// Apply makes next valid, by the authority of s.Admin, or else of s.Current. It is idempotent.
	// Where the provider has a lock of its own, Apply takes it, and calls fence under it. If the
	// provider's policy refuses the value, Apply returns ErrRefusedByPolicy.
	Apply(ctx context.Context, s Subject, next secret.Value, fence Fence) error
	// Retire makes old invalid and keeps s.Current valid. It succeeds if old is gone already. It
	// takes the provider's lock and calls fence as Apply does, unless it has nothing to change.
	Retire(ctx context.Context, s Subject, old secret.Value, fence Fence) error
}

// Regenerator is a Rotator of class K: the provider has two keys and makes their values. If it is
// a Prober too, a regenerated key is published only once Probe has accepted it.
type Regenerator interface {
	Rotator
	// Keys returns the values of both keys, by key id, in the form of the secret's value.
	Keys(ctx context.Context, s Subject) (map[string]secret.Value, error)
	// Regenerate makes a new value for one key. The old one is invalid at once. It returns an
	// *Underway if the provider has accepted the request and takes longer than the attempt.
	Regenerate(ctx context.Context, s Subject, key string, fence Fence) error
}

// Awaiter is a Regenerator whose provider may take longer than an attempt to make a key.
type Awaiter interface {
	// Await asks the provider once how far an operation is that an *Underway names. It returns nil if
	// the operation has ended, well or not: Keys then shows what came of it. It returns an *Underway
	// while the operation runs, one without a name if the provider does not tell about it, and any
	// other error if the provider did not answer.
	Await(ctx context.Context, s Subject, operation string) error
}

// Issuer is a Rotator of class C: the provider issues credentials, each with an id. The operation
// marks those of one rotation.
type Issuer interface {
	Rotator
	Prober
	// Issue makes a credential. The provider shows its value only this once. The current credential
	// stays valid.
	Issue(ctx context.Context, s Subject, operation string, fence Fence) (id string, value secret.Value, err error)
	// ListIssued returns the ids of the credentials that an operation issued.
	ListIssued(ctx context.Context, s Subject, operation string) ([]string, error)
	// Revoke removes a credential. It succeeds if the credential is gone already.
	Revoke(ctx context.Context, s Subject, id string, fence Fence) error
}

// Identifier is an Issuer whose provider shows enough of a credential to tell it from others.
type Identifier interface {
	// MustHold returns a fault if the credential with an id is not the one that value holds, as far
	// as the provider shows that.
	MustHold(ctx context.Context, s Subject, id string, value secret.Value) error
}

// Settling is a Rotator whose provider takes a while to act on a change.
type Settling interface {
	// Settles returns how long a change usually takes: for so long, a credential that was just made
	// or revoked is tried again within the attempt.
	Settles() time.Duration
}
