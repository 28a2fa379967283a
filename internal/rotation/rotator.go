// Package rotation renews the credentials behind secrets so that a crash at any point loses nothing, nothing unproven is
// published, and readers keep working where the target allows it. It knows no provider and no Azure SDK: rotators bring the
// one, the handler the other.
package rotation

import (
	"context"

	"rotunda/internal/secret"
)

// Class is how a provider lets a credential be replaced. Each has one way through the engine.
type Class string

// The classes. But for Single, the secret's latest version is valid at every instant.
const (
	Overlap     Class = "O" // two values of one credential are valid at once
	Alternating Class = "A" // two logins take turns
	Single      Class = "S" // one value: new logins may fail for a moment
	DualKey     Class = "K" // the provider makes the values of two keys
	Issued      Class = "C" // the provider makes a new credential, and removes old ones
	ValueOnly   Class = "V" // there is no provider
)

// Rotator knows one kind of credential. It never sees the vault. What it is asked to do further, its plan's class
// decides: see Setter, Regenerator and Issuer.
type Rotator interface {
	// Plan says what would be rotated and how, from tags and values alone: no input or output. Its error is a *Fault that
	// is Permanent: what is wrong with which tag or value, and what would be right.
	Plan(Subject) (Plan, error)
}

// Subject is what a rotator is told of a secret.
type Subject struct {
	Name         string
	Address      string // tag ProviderAddress
	CredentialID string // tag CredentialId
	Tags         map[string]string
	Current      secret.Value // of the version that is rotated
	Admin        secret.Value // of the secret that the tag AdminSecret names; not set without that tag
}

// Plan is a rotator's answer to what it is told.
type Plan struct {
	Class Class
	// Identity names the provider and the credential, such as "postgres://db:5432/app as app", without any value. It is
	// the same before and after a rotation; a secret whose identity changed was pointed elsewhere.
	Identity string
	// Next is a fresh value, in the shape of the current one: classes O, A, S and V.
	Next secret.Value
	// Decoy is the current credential with a wrong, random password: a provider that accepts it proves nothing. Classes O, A and S.
	Decoy secret.Value
	// Warnings are for whoever asks for a plan.
	Warnings []string
}

// Verdict is what a provider says to a credential.
type Verdict int

// Unknown is no answer, and never counts as Rejected.
const (
	Unknown Verdict = iota
	Accepted
	Rejected
)

func (v Verdict) String() string { return [...]string{"unknown", "accepted", "rejected"}[v] }

// Prober tries credentials.
type Prober interface {
	// Probe logs in anew with value and checks that it may do what it is for. Rejected means that the provider refused
	// the credential itself, by its own words; whatever else went wrong is Unknown, and the error, a *Fault, says what.
	// It logs in at most once.
	Probe(ctx context.Context, s Subject, value secret.Value) (Verdict, error)
}

// Setter is for classes O, A and S: the engine decides on the value, the provider takes it.
type Setter interface {
	Rotator
	Prober
	// Apply makes next valid, by the authority of s.Admin or else s.Current. Doing it twice is as good as once. Where the
	// provider has a lock of its own, Apply takes it; it calls fence right before it changes anything, and if that fails
	// gives up with fence's error. A provider that says the value breaks its policy is ErrRefusedByPolicy.
	Apply(ctx context.Context, s Subject, next secret.Value, fence func(context.Context) error) error
	// Retire makes old invalid, and leaves valid what s.Current says. That old is gone already is success.
	Retire(ctx context.Context, s Subject, old secret.Value) error
}

// Regenerator is for class K: the provider has two keys and makes their values.
type Regenerator interface {
	Rotator
	// Keys gives the values of both keys, by key id, in the shape of the secret's value.
	Keys(ctx context.Context, s Subject) (map[string]secret.Value, error)
	// Regenerate makes a new value for one key; the old one is invalid at once.
	Regenerate(ctx context.Context, s Subject, key string) error
}

// Issuer is for class C: the provider makes credentials, and each has an id. operation marks those of one rotation.
type Issuer interface {
	Rotator
	Prober
	// Issue makes a credential; its value is given this once. The current one stays valid.
	Issue(ctx context.Context, s Subject, operation string) (id string, value secret.Value, err error)
	// ListIssued gives the ids of the credentials that an operation made.
	ListIssued(ctx context.Context, s Subject, operation string) ([]string, error)
	// Revoke removes a credential. That it is gone already is success.
	Revoke(ctx context.Context, s Subject, id string) error
}
