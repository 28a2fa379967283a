package rotation

import (
	"cmp"
	"context"
	"errors"
	"time"

	"rotunda/internal/secret"
)

// setting is the way of classes O, A and S: the value is on record before the provider hears of it, and every attempt
// applies the same one.
type setting struct {
	*job
	provider Setter
}

var _ way = setting{}

func (s setting) preflight(ctx context.Context) error {
	if err := s.mustAccept(ctx, s.subject.Current, "the secret's current value"); err != nil {
		return err
	}
	if s.subject.Admin.IsSet() {
		if err := s.mustAccept(ctx, s.subject.Admin, "the value of the secret that "+TagAdminSecret+" names"); err != nil {
			return err
		}
	}
	return s.mustRejectDecoy(ctx)
}

func (s setting) mustAccept(ctx context.Context, value secret.Value, what string) error {
	verdict, err := s.provider.Probe(ctx, s.subject, value)
	switch verdict {
	case Accepted:
		return nil
	case Rejected:
		return Permanentf("The provider rejects %s, so somebody changed it there. Set the secret to what logs in; its rotation begins from that.", what)
	}
	return unclear(err)
}

// mustRejectDecoy is the negative control: a provider that accepts any password can't prove one. Once per target.
func (s setting) mustRejectDecoy(ctx context.Context) error {
	if s.record.control == s.fingerprint() {
		return nil
	}
	verdict, err := s.provider.Probe(ctx, s.subject, s.plan.Decoy)
	switch verdict {
	case Rejected:
		s.record.control = s.fingerprint()
		return nil
	case Accepted:
		return Permanentf("The provider accepts a wrong password for this login, so no password can be proven there. Turn on its authentication.")
	}
	return unclear(err)
}

// unclear is a probe without an answer, which decides nothing.
func unclear(err error) error {
	return cmp.Or(err, error(Temporaryf("The provider gave no answer to a login.")))
}

func (s setting) draft(_ context.Context, c *content) error {
	c.Value = new(s.plan.Next.Reveal()) // onto the record, which is a secret itself
	return nil
}

func (s setting) obtain(ctx context.Context, resumed bool) (credential, error) {
	if !resumed {
		return s.apply(ctx, s.subject)
	}
	verdict, err := s.provider.Probe(ctx, s.subject, s.record.pending())
	switch verdict {
	case Accepted: // R4
		return s.proven(s.record.changing()), nil
	case Unknown: // R7
		return credential{}, unclear(err)
	}
	subject, err := s.authority(ctx) // R5, R6
	if err != nil {
		return credential{}, err
	}
	if err := s.markAgain(ctx); err != nil {
		return credential{}, err
	}
	return s.apply(ctx, subject)
}

// proven is the record's value, once the provider has accepted it.
func (s setting) proven(applied time.Time) credential {
	if s.plan.Class != Single {
		applied = time.Time{}
	}
	return credential{value: s.record.pending(), exposed: applied}
}

// apply gives the provider the record's value and proves it by a fresh login.
func (s setting) apply(ctx context.Context, by Subject) (credential, error) {
	began := time.Now()
	err := s.provider.Apply(ctx, by, s.record.pending(), s.fence)
	if errors.Is(err, ErrRefusedByPolicy) {
		return s.refused(ctx)
	}
	if err != nil {
		return credential{}, err
	}
	verdict, err := s.provider.Probe(ctx, s.subject, s.record.pending())
	switch verdict {
	case Accepted:
		return s.proven(began), nil
	case Rejected:
		return credential{}, Temporaryf("The provider took the new value and then rejected it. Something else may be setting this login's password.")
	}
	return credential{}, unclear(err)
}

// refused is R12: only if the provider has the old value, and not the new one, is there nothing to repair.
func (s setting) refused(ctx context.Context) (credential, error) {
	verdict, err := s.provider.Probe(ctx, s.subject, s.record.pending())
	if verdict == Accepted {
		return s.proven(s.record.changing()), nil
	}
	if verdict == Unknown {
		return credential{}, unclear(err)
	}
	switch verdict, err := s.provider.Probe(ctx, s.subject, s.subject.Current); verdict {
	case Accepted:
		return credential{}, errAbandoned
	case Unknown:
		return credential{}, unclear(err)
	}
	return credential{}, Permanentf("The provider's policy refuses the new value, and it rejects the old one. Set the secret to what logs in.")
}

// check is R1 and R2.
func (s setting) check(ctx context.Context) (*credential, error) {
	verdict, err := s.provider.Probe(ctx, s.subject, s.subject.Current)
	switch {
	case verdict == Accepted:
		return nil, nil
	case verdict == Unknown:
		return nil, unclear(err)
	case !s.isPublished():
		return nil, errForeign
	}
	subject, err := s.authority(ctx)
	if err != nil {
		return nil, err
	}
	_, err = s.apply(ctx, subject)
	return nil, err
}

// overtaken is R8 to R10.
func (s setting) overtaken(ctx context.Context) (*credential, error) {
	ours, err := s.provider.Probe(ctx, s.subject, s.record.pending())
	if ours == Unknown {
		return nil, unclear(err)
	}
	theirs, err := s.provider.Probe(ctx, s.subject, s.live.Value)
	switch {
	case theirs == Accepted:
		return nil, nil
	case theirs == Unknown:
		return nil, unclear(err)
	case ours == Accepted:
		return new(s.proven(s.record.changing())), nil
	}
	return nil, Permanentf("The provider rejects the latest version, which somebody else wrote, and the new value on record. Set the secret to what logs in.")
}

func (s setting) retire(ctx context.Context) (rest bool, _ error) {
	if s.record.retire == retirePending {
		return false, s.provider.Retire(ctx, s.subject, s.record.pending())
	}
	rest = !s.isPublished()
	base, ok, err := s.base(ctx)
	if err != nil || !ok {
		return rest, err
	}
	return rest, s.provider.Retire(ctx, s.subject, base.Value)
}
