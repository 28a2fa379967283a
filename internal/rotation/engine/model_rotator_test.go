package engine

import (
	"cmp"
	"context"
	"slices"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// decoy is a wrong password.
const decoy = "app:" + canary + "-wrong"

// simRotator is the target, of any class, as one worker reaches it.
type simRotator struct{ *worker }

var (
	_ rotation.Setter      = simRotator{}
	_ rotation.Regenerator = simRotator{}
	_ rotation.Issuer      = simRotator{}
	_ rotation.Checker     = simRotator{}
)

func (r simRotator) Plan(s rotation.Subject) (rotation.Plan, error) {
	t, class := r.w.target, r.w.class
	if s.Name == adminName {
		class = rotation.Single
	}
	return rotation.Plan{
		Class: class, Identity: s.Address, Next: secret.NewValue(t.next(s.Current.Reveal())),
		Decoy: secret.NewValue(decoy), Lingers: t.lingers,
	}, nil
}

// Check finds an account of somebody else's under the name of the login that comes next.
func (r simRotator) Check(ctx context.Context, _ rotation.Subject) (warnings []string, err error) {
	if !r.w.stranger {
		return nil, nil
	}
	err = r.ask(ctx, "Check", func() error {
		if r.w.target.accepts(r.w.target.foreign) {
			return rotation.Permanentf("The login b belongs to somebody else.")
		}
		return nil
	})
	return nil, err
}

// ask makes a call that changes nothing.
func (r simRotator) ask(ctx context.Context, what string, effect func() error) error {
	return r.call(ctx, act{what: what, faults: r.w.faultsOf(false), fail: providerAway, effect: func() error {
		r.asked = r.w.meddled
		return effect()
	}})
}

// tell makes a call that changes the target.
func (r simRotator) tell(ctx context.Context, what string, s rotation.Subject, effect func() error) error {
	r.mustKnow(what)
	r.mustMean(s)
	r.mustOwn(s, what)
	r.mustIntend(s, what)
	return r.call(ctx, act{what: what, writes: true, faults: r.w.faultsOf(true), fail: providerAway, effect: effect})
}

func (r simRotator) Probe(ctx context.Context, _ rotation.Subject, value secret.Value) (verdict rotation.Verdict, err error) {
	text := value.Reveal()
	r.w.mustBeOwn("probe", text)
	err = r.ask(ctx, "Probe "+text, func() error {
		if r.w.target.away {
			return providerAway()
		}
		if r.w.target.hangs {
			<-ctx.Done()
			return ctx.Err()
		}
		verdict = rotation.Rejected
		if r.w.target.accepts(text) {
			verdict = rotation.Accepted
		}
		return nil
	})
	if err != nil {
		r.unknown = true
		r.w.situateUnknown(r.worker, text)
		return rotation.Unknown, err
	}
	if verdict == rotation.Rejected {
		r.wasRejected(text)
		r.mustNotRepeat(text)
	}
	return verdict, nil
}

// Apply checks the login that it acts for, asks the fence, and then changes the password.
func (r simRotator) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence rotation.Fence) error {
	if err := r.mustHaveAuthority(s); err != nil {
		return err
	}
	if err := r.fenced(ctx, fence); err != nil {
		return err
	}
	r.rejected = map[string]bool{}
	r.w.mustBeOwn("apply", next.Reveal())
	return r.tell(ctx, "Apply "+next.Reveal(), s, func() error {
		return r.w.target.apply(next.Reveal())
	})
}

// mustHaveAuthority returns a fault if the login that changes passwords is rejected.
func (r simRotator) mustHaveAuthority(s rotation.Subject) error {
	const rejected = "The login that may change the password is rejected."
	switch {
	case r.w.target.accepts(cmp.Or(s.Admin.Reveal(), s.Current.Reveal())):
		return nil
	case s.Admin.IsSet():
		return rotation.Permanentf(rejected)
	}
	return rotation.Temporaryf(rejected) // a lost Apply of this operation may have taken effect
}

func (r simRotator) Retire(ctx context.Context, s rotation.Subject, old secret.Value, fence rotation.Fence) error {
	if err := r.mustHaveAuthority(s); err != nil && s.Admin.IsSet() {
		return err
	}
	if err := r.fenced(ctx, fence); err != nil {
		return err
	}
	r.mustHaveLatest("Retire")
	return r.tell(ctx, "Retire "+old.Reveal(), s, func() error {
		r.w.target.retire(s.Current.Reveal(), old.Reveal())
		return nil
	})
}

func (r simRotator) Keys(ctx context.Context, _ rotation.Subject) (keys map[string]secret.Value, err error) {
	err = r.ask(ctx, "Keys", func() error {
		keys = map[string]secret.Value{}
		for id, value := range r.w.target.keys {
			keys[id] = secret.NewValue(value)
		}
		return nil
	})
	return keys, err
}

func (r simRotator) Regenerate(ctx context.Context, s rotation.Subject, key string, fence rotation.Fence) error {
	if err := r.fenced(ctx, fence); err != nil {
		return err
	}
	return r.tell(ctx, "Regenerate "+key, s, func() error {
		r.w.target.regenerate(key)
		return nil
	})
}

func (r simRotator) Issue(ctx context.Context, s rotation.Subject, operation string, fence rotation.Fence) (id string, value secret.Value, err error) {
	if err := r.fenced(ctx, fence); err != nil {
		return "", secret.Value{}, err
	}
	err = r.tell(ctx, "Issue", s, func() error {
		var text string
		id, text = r.w.target.issue(operation)
		value = secret.NewValue(text)
		return nil
	})
	if err != nil {
		return "", secret.Value{}, err
	}
	return id, value, nil
}

func (r simRotator) ListIssued(ctx context.Context, _ rotation.Subject, operation string) (ids []string, err error) {
	err = r.ask(ctx, "ListIssued", func() error {
		for id, i := range r.w.target.issued {
			if i.operation == operation {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		return nil
	})
	return ids, err
}

func (r simRotator) Revoke(ctx context.Context, s rotation.Subject, id string, fence rotation.Fence) error {
	if err := r.fenced(ctx, fence); err != nil {
		return err
	}
	r.mustHaveLatest("Revoke")
	return r.tell(ctx, "Revoke "+id, s, func() error {
		delete(r.w.target.issued, id)
		return nil
	})
}
