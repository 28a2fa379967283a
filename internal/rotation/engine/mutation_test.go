package engine

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// mutation is a mistake, made at a seam of the engine, that the model must find.
type mutation struct {
	name    string
	mistake mistake
	part    part   // of the model that finds it
	wants   string // invariants, one of which must break
}

// part is a part of the model: a story, in some scenarios.
type part struct {
	story     func(*world)
	scenarios []scenario
}

// of returns the part limited to some classes.
func (p part) of(classes ...rotation.Class) part {
	p.scenarios = slices.DeleteFunc(slices.Clone(p.scenarios), func(s scenario) bool { return !slices.Contains(classes, s.class) })
	return p
}

// everyClass returns a part that runs the scenarios for each of the classes.
func everyClass(story func(*world), classes []rotation.Class, scenarios ...scenario) part {
	p := part{story: story}
	for _, class := range classes {
		for _, s := range scenarios {
			s.class = class
			p.scenarios = append(p.scenarios, s)
		}
	}
	return p
}

var (
	setClasses = []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single}
	faulty     = everyClass(oneRotation, allClasses, scenario{}, scenario{budget: 1, slow: true, repeated: true}, scenario{budget: 1, slow: true, seasoned: true})
	meddled    = everyClass(meddledRotation, allClasses, humans(scenario{})...)
	raced      = everyClass(twoWorkers, allClasses, scenario{switches: 2}, scenario{switches: 2, seasoned: true}, scenario{switches: 2, cancels: true})
	lying      = everyClass(oneRotation, setClasses, scenario{lies: 2}, scenario{lies: 1, budget: 1})
	refusing   = everyClass(oneRotation, setClasses, scenario{refuses: 1, budget: 1}, scenario{refuses: 2, budget: 1})
	trusting   = everyClass(trustedRotation, setClasses, scenario{trusts: true})
	keeping    = everyClass(keptRotation, []rotation.Class{rotation.Overlap, rotation.Alternating}, scenario{keeps: true, budget: 1})
	silenced   = everyClass(silentRotation, setClasses, scenario{silent: true, budget: 1})
	eventful   = everyClass(manyEvents, allClasses, scenario{}, scenario{budget: 1})
)

// humans returns a scenario for everything that a person may do.
func humans(s scenario) (all []scenario) {
	for _, s.human = range sortedHumans() {
		all = append(all, s)
	}
	return all
}

// instead returns a mistake that replaces one step.
func instead(of step, do func(ctx context.Context, a *attempt, right func() error) error) mistake {
	return mistake{steps: map[step]func(context.Context, *attempt, func() error) error{of: do}}
}

// misread returns a mistake that changes the evidence before each decision.
func misread(change func(*evidence)) mistake {
	return mistake{decide: func(e evidence) decision {
		change(&e)
		return decide(e)
	}}
}

var mutations = []mutation{
	{name: "the engine as it is", part: faulty},
	{
		name: "an unproven value is published",
		mistake: instead(verify, func(_ context.Context, a *attempt, _ func() error) error {
			a.evidence.proven = true
			return nil
		}),
		part: lying, wants: "I2",
	},
	{
		name: "a lost answer from the provider counts as success",
		mistake: instead(apply, func(_ context.Context, a *attempt, right func() error) error {
			if err := right(); err != nil {
				a.pending = credential{value: a.record.pending()}
				a.evidence.applied, a.evidence.proven = true, true
			}
			return nil
		}),
		part: faulty.of(setClasses...), wants: "I2",
	},
	{
		name: "no answer counts as rejected",
		mistake: misread(func(e *evidence) {
			for _, v := range []*verdict{&e.pending, &e.current, &e.authority} {
				if *v == unknown {
					*v = rejected
				}
			}
		}),
		part: refusing, wants: "I9",
	},
	{
		name: "the latest version is not read again before publishing",
		mistake: instead(reread, func(_ context.Context, a *attempt, right func() error) error {
			if a.evidence.rival {
				return right()
			}
			a.evidence.reread = true
			return nil
		}),
		part: meddled, wants: "I11|I2|I4|I7",
	},
	{
		name: "a new value on resume",
		mistake: instead(apply, func(_ context.Context, a *attempt, right func() error) error {
			if !a.evidence.fresh {
				a.record.Value = new(a.plan.Next.Reveal())
			}
			return right()
		}),
		part: faulty.of(setClasses...), wants: "I1|I2",
	},
	{
		name: "no negative control",
		mistake: instead(control, func(_ context.Context, a *attempt, _ func() error) error {
			a.evidence.controlled = true
			return nil
		}),
		part: trusting, wants: "I17",
	},
	{
		name: "the old credential is retired without trying the latest version",
		mistake: misread(func(e *evidence) {
			if e.grace && e.current == unasked {
				e.current = accepted
			}
		}),
		part: meddled, wants: "I2",
	},
	{
		name: "the old credential is retired before its grace period ends",
		mistake: misread(func(e *evidence) {
			if e.grace {
				e.declined = false
			}
		}),
		part: eventful, wants: "I8",
	},
	{
		name: "nobody yields to a hidden record",
		mistake: instead(meet, func(ctx context.Context, a *attempt, _ func() error) error {
			if a.evidence.fresh {
				a.hide(ctx, a.before)
			}
			a.evidence.alone = true
			return nil
		}),
		part: raced.of(rotation.Alternating, rotation.DualKey), wants: "I2|I5|I7|I8",
	},
	{
		name: "class K regenerates a key at once on resume",
		mistake: instead(probePending, func(_ context.Context, a *attempt, right func() error) error {
			err := right()
			if a.evidence.pending == unknown && a.plan.Class == rotation.DualKey {
				a.evidence.pending = rejected
			}
			return err
		}),
		part: everyClass(oneRotation, []rotation.Class{rotation.DualKey}, scenario{budget: 1, slow: true, seasoned: true}, scenario{budget: 2}), wants: "I2|I8",
	},
	{
		name: "class C revokes at once what an earlier attempt issued",
		mistake: instead(apply, func(ctx context.Context, a *attempt, right func() error) error {
			if c, ok := a.class.(issuing); ok && !a.evidence.fresh {
				ids, err := c.provider.ListIssued(ctx, a.subject, a.record.Operation)
				if err := cmp.Or(err, c.revoke(ctx, a.operation(), ids, nil)); err != nil {
					return err
				}
			}
			return right()
		}),
		part: raced.of(rotation.Issued), wants: "I2|I8",
	},
	{
		name: "tags are dropped at publishing",
		mistake: instead(publish, func(_ context.Context, a *attempt, right func() error) error {
			a.latest.Tags = map[string]string{rotation.TagProviderAddress: a.latest.Tags[rotation.TagProviderAddress], rotation.TagValidity: "60"}
			return right()
		}),
		part: faulty, wants: "I4",
	},
	{
		name: "a note shows the value",
		mistake: instead(closing, func(_ context.Context, a *attempt, right func() error) error {
			a.report = a.latest.Value.Reveal()
			return right()
		}),
		part: faulty, wants: "I10",
	},
	{
		name: "the latest version is disabled",
		mistake: instead(retire, func(ctx context.Context, a *attempt, right func() error) error {
			_, err := a.Vault.Update(ctx, a.latest.Name, a.latest.Version, secret.Draft{Enabled: new(false)})
			return cmp.Or(err, right())
		}),
		part: faulty, wants: "I4",
	},
}

// TestMutations makes each mistake in turn and runs a part of the model, which must find it.
func TestMutations(t *testing.T) {
	if racing {
		t.Skip("skipped: takes minutes with the race detector; .ci/test runs it without")
	}
	for _, m := range slices.Concat(mutations, lateMutations) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			broken := m.find(t)
			switch {
			case m.wants == "" && broken != "":
				t.Fatalf("the model fails: %s", broken)
			case m.wants != "" && !regexp.MustCompile(`^(`+m.wants+`): `).MatchString(broken):
				t.Fatalf("the model does not find it as %s: %.3000s", m.wants, broken)
			}
		})
	}
}

// find returns the first schedule of the part that breaks an invariant.
func (m mutation) find(t *testing.T) string {
	for _, s := range m.part.scenarios {
		s.mistake = m.mistake
		if _, broken := search(t, s, m.part.story); broken != "" {
			return broken
		}
	}
	return ""
}
