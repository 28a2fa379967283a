package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// The mistakes against what was promised later.
var lateMutations = []mutation{
	{
		name: "a forged record is acted on",
		mistake: instead(read, func(_ context.Context, a *attempt, right func() error) error {
			err := right()
			a.durable, a.evidence.forged = a.record.open(), false
			return err
		}),
		part: meddled, wants: "I21",
	},
	{
		name: "nobody asks before retiring whether others went on",
		mistake: instead(retire, func(_ context.Context, a *attempt, right func() error) error {
			e := *a.Engine
			e.Vault = sleepy{a.Vault, a}
			a.Engine = &e
			return right()
		}),
		part: frozen, wants: "I2|I8",
	},
	{
		name: "what was retired is not tried",
		mistake: instead(refute, func(_ context.Context, a *attempt, _ func() error) error {
			a.evidence.refuted = true
			return nil
		}),
		part: keeping, wants: "I20",
	},
	{
		name: "a failure before the record is forgotten",
		mistake: instead(preflight, func(_ context.Context, a *attempt, right func() error) error {
			err := right()
			if err != nil {
				a.request.By = ByHand // nobody hears of it but whoever asked
			}
			return err
		}),
		part: silenced, wants: "I22",
	},
	{
		name: "cancel forgets what was applied",
		mistake: misread(func(e *evidence) {
			if e.cancel && e.pending == accepted {
				e.pending = rejected
			}
		}),
		part: everyClass(cancelledRotation, []rotation.Class{rotation.Overlap}, scenario{budget: 1}), wants: "I23",
	},
	{
		name: "another secret for the same credential is not looked for",
		mistake: instead(inspect, func(ctx context.Context, a *attempt, right func() error) error {
			return cmp.Or(a.Locks.WriteNote(ctx, a.identityNote(), a.latest.Name), right())
		}),
		part: twins, wants: "I19",
	},
	{
		name: "two secrets claim a credential at the same moment",
		mistake: instead(prepare, func(_ context.Context, a *attempt, right func() error) error {
			e := *a.Engine
			e.Locks = careless{a.Locks}
			a.Engine = &e
			return right()
		}),
		part: twins, wants: "I19",
	},
	{
		name: "the rotator is not asked what stands in the way",
		mistake: instead(inspect, func(_ context.Context, a *attempt, _ func() error) error {
			a.evidence.inspected = true
			return nil
		}),
		part: everyClass(strangeRotation, []rotation.Class{rotation.Alternating}, scenario{stranger: true}), wants: "I19",
	},
	{
		name: "a rotation does not wait for its administrator's",
		mistake: instead(inspect, func(ctx context.Context, a *attempt, right func() error) error {
			if err := a.class.preflightAdmin(ctx, a.operation()); err != nil {
				return err
			}
			return right()
		}),
		part: everyClass(adminRotates, []rotation.Class{rotation.Overlap}, scenario{admin: true, switches: 2}), wants: "I13",
	},
	{
		name:    "R10 keeps a version that does not log in",
		mistake: mistake{decide: func(e evidence) decision { return decideBy(withNext("R10", publish, yield), e) }},
		part:    meddled, wants: "I2",
	},
	{
		name:    "R8 is forgotten for an operation that has changed nothing",
		mistake: mistake{decide: func(e evidence) decision { return decideBy(without("R8", supersede), e) }},
		part: everyClass(meddledRotation, []rotation.Class{rotation.Overlap},
			scenario{human: "sets one that logs in beside the others", budget: 1, crashes: true}),
		wants: "I1",
	},
	{
		name: "what is published never expires",
		mistake: instead(publish, func(_ context.Context, a *attempt, right func() error) error {
			a.schedule.validity = 0
			return right()
		}),
		part: faulty, wants: "I6",
	},
	{
		name: "the version that was retired stays enabled",
		mistake: instead(ended, func(_ context.Context, a *attempt, right func() error) error {
			defer func(base string) { a.record.Base = base }(a.record.Base)
			a.record.Base = a.latest.Version
			return right()
		}),
		part: faulty, wants: "I20",
	},
	{
		name: "the record before is not hidden",
		mistake: instead(meet, func(_ context.Context, a *attempt, right func() error) error {
			a.before = record{}
			return right()
		}),
		part: everyClass(oneRotation, allClasses, scenario{seasoned: true}), wants: "I10",
	},
	{
		name: "an operation that is on record counts as one that never began",
		mistake: instead(prepare, func(_ context.Context, a *attempt, right func() error) error {
			err := right()
			a.durable = false
			return err
		}),
		part: faulty, wants: "I23",
	},
	{
		name:    "the last success is not noted",
		mistake: forgetting(closing, tagLastSuccess),
		part:    faulty, wants: "I23",
	},
	{
		name:    "the exposure is not noted",
		mistake: forgetting(closing, tagExposure),
		part:    faulty.of(rotation.Single), wants: "I23",
	},
	{
		name: "the negative control is not noted",
		mistake: instead(control, func(_ context.Context, a *attempt, right func() error) error {
			err := right()
			a.record.control = ""
			return err
		}),
		part: everyClass(oneRotation, setClasses, scenario{seasoned: true}), wants: "I14",
	},
	{
		name: "what is on record is forgotten when the end of the operation can't be noted",
		mistake: instead(ended, func(_ context.Context, a *attempt, right func() error) error {
			err := right()
			if err != nil {
				a.record.retire = ""
			}
			return err
		}),
		part: faulty, wants: "I20",
	},
}

// frozen is the part of the model with a worker that sleeps while it retires.
var frozen = everyClass(frozenRetire, []rotation.Class{rotation.Alternating}, scenario{frozen: true, switches: 2})

// sleepy is a vault in which nothing seems to have changed since the attempt began.
type sleepy struct {
	Vault
	a *attempt
}

func (v sleepy) Get(ctx context.Context, name, version string) (secret.Secret, error) {
	switch {
	case version == "" && name == v.a.latest.Name:
		return v.a.latest, nil
	case version == "" && secret.IsPending(name):
		return secret.Secret{Version: v.a.record.version, Tags: v.a.record.tags(v.a.latest.Name)}, nil
	}
	return v.Vault.Get(ctx, name, version)
}

// twins is the part of the model with a second secret for the same credential.
var twins = everyClass(twinRotates, []rotation.Class{rotation.Overlap}, scenario{twin: true, switches: 2})

// careless are locks that replace a note whatever it is.
type careless struct{ rotation.Locks }

func (c careless) SwapNote(ctx context.Context, name, _, text string) (bool, error) {
	return true, c.WriteNote(ctx, name, text)
}

// forgetting returns a mistake: a step does not note one tag of the record.
func forgetting(of step, tag string) mistake {
	return instead(of, func(_ context.Context, a *attempt, right func() error) error {
		e := *a.Engine
		e.Vault = forgetful{a.Vault, tag}
		a.Engine = &e
		return right()
	})
}

// forgetful is a vault that drops a tag.
type forgetful struct {
	Vault
	tag string
}

func (f forgetful) Update(ctx context.Context, name, version string, draft secret.Draft) (secret.Secret, error) {
	draft.Tags = maps.Clone(draft.Tags)
	delete(draft.Tags, f.tag)
	return f.Vault.Update(ctx, name, version, draft)
}

// without returns the resume table without one row.
func without(name string, next step) []row {
	return slices.DeleteFunc(slices.Clone(resumeTable), func(r row) bool { return r.name == name && r.next == next })
}

// withNext returns the resume table with another step in one row.
func withNext(name string, next, instead step) []row {
	table := slices.Clone(resumeTable)
	for i, r := range table {
		if r.name == name && r.next == next {
			table[i].next = instead
		}
	}
	return table
}
