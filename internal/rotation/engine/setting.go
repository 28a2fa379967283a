package engine

import (
	"cmp"
	"context"
	"errors"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// setting is classes O, A and S: the value is on record before the provider hears of it, and every
// attempt applies the same one.
type setting struct{ provider rotation.Setter }

var _ class = setting{}

func (s setting) preflight(ctx context.Context, o operation) error {
	return s.mustLogIn(ctx, o, o.Current, "the secret's current value")
}

func (s setting) preflightAdmin(ctx context.Context, o operation) error {
	if !o.Admin.IsSet() {
		return nil
	}
	return s.mustLogIn(ctx, o, o.Admin, "the value of the secret that "+rotation.TagAdminSecret+" names")
}

func (s setting) mustLogIn(ctx context.Context, o operation, value secret.Value, what string) error {
	verdict, err := s.provider.Probe(ctx, o.Subject, value)
	return mustAccept(verdict, err, cmp.Or(err, error(rotation.Permanentf(
		"The provider rejects %s: it was changed there. Set the secret to a value that logs in; rotation starts from that.", what))))
}

// control is the negative control: a provider that accepts any password cannot prove one.
func (s setting) control(ctx context.Context, o operation) error {
	verdict, err := s.provider.Probe(ctx, o.Subject, o.decoy)
	switch verdict {
	case rotation.Rejected:
		return nil
	case rotation.Accepted:
		return rotation.Permanentf("The provider accepts a wrong password for this login, so no password can be proven there. Turn on its authentication.")
	}
	return noAnswer(err)
}

// draft puts the value on record, which is a secret itself.
func (setting) draft(_ context.Context, _ operation, next secret.Value, c *content) error {
	c.Value = new(next.Reveal())
	return nil
}

func (s setting) probePending(ctx context.Context, o operation) (credential, rotation.Verdict, error) {
	verdict, err := s.provider.Probe(ctx, o.Subject, o.pending())
	return o.exposed(o.intent), verdict, err
}

func (s setting) probe(ctx context.Context, o operation, value secret.Value) (rotation.Verdict, error) {
	return s.provider.Probe(ctx, o.Subject, value)
}

// exposed is the value on record. In class S, readers are exposed since it was applied.
func (o operation) exposed(applied time.Time) credential {
	if !o.single {
		applied = time.Time{}
	}
	return credential{value: o.pending(), exposed: applied}
}

// apply gives the value on record to the provider. Apply calls the fence itself, under the
// provider's own lock.
func (s setting) apply(ctx context.Context, o operation) (credential, error) {
	began := time.Now()
	err := s.provider.Apply(ctx, o.setter, o.pending(), func(ctx context.Context) error {
		err := o.fence(ctx)
		began = time.Now() // the change comes next; the login was before
		return err
	})
	return o.exposed(began), err
}

func (s setting) verify(ctx context.Context, o operation, applied credential) (credential, error) {
	verdict, err := s.provider.Probe(ctx, o.Subject, applied.value)
	const reason = "The provider took the new value and then rejected it."
	rejected := rotation.Temporaryf("%s Something else may be setting this login's password.", reason)
	if fault, ok := errors.AsType[*rotation.Fault](err); ok { // it knows more, such as that the login is turned off
		rejected = rotation.Temporaryf("%s %s", reason, fault.Reason)
	}
	return applied, mustAccept(verdict, err, rejected)
}

func (s setting) old(ctx context.Context, o operation) (oldCredential, error) {
	if o.retires == retirePending {
		return oldCredential{value: o.pending(), role: "pending"}, nil
	}
	return o.history.base(ctx)
}

func (s setting) retire(ctx context.Context, o operation, old oldCredential) (rest bool, _ error) {
	rest = o.retires != retirePending && o.latest != ours && !o.same(o.pending(), o.Current)
	if !old.value.IsSet() || o.same(old.value, o.Current) { // or it was made the latest again
		return rest, nil
	}
	return rest, s.provider.Retire(ctx, o.Subject, old.value, o.fence)
}
