package postgres

import (
	"context"
	"slices"

	"rotunda/internal/rotation"
)

// claims checks that all that this rotation changes is the secret's, and returns the roles that
// are yet to be marked. A role is the secret's if its mark says so, if it does not exist yet, or
// if the secret's current value logs in as it: prove finds out, and is called where no mark does
// the proving.
func (t target) claims(ctx context.Context, session *session, prove func(context.Context) error) ([]string, error) {
	marked, unmarkedRoles, err := t.participantsByMark(ctx, session)
	if err != nil || len(t.changed()) == 0 { // a login has no more authority than its own
		return nil, err
	}
	if err := t.checkSecret(); err != nil {
		return nil, err
	}
	if marked && !slices.Contains(unmarkedRoles, t.current.User) {
		return unmarkedRoles, nil
	}
	return unmarkedRoles, prove(ctx)
}

// participantsByMark checks the roles that take part. It reports whether one bears the secret's
// mark, and which of those that an administrator changes do not.
func (t target) participantsByMark(ctx context.Context, session *session) (marked bool, unmarkedRoles []string, _ error) {
	for _, name := range t.participants() {
		found, err := session.role(ctx, name, 0)
		if err != nil {
			return false, nil, err
		}
		if err := t.checkOwner(found); err != nil {
			return false, nil, err
		}
		if err := found.checkMight(); err != nil && t.admin != nil {
			return false, nil, err
		}
		switch changed := slices.Contains(t.changed(), name); {
		case changed && t.ownershipOf(found) == markedOurs:
			marked = true
		case changed:
			unmarkedRoles = append(unmarkedRoles, name)
		}
	}
	return marked, unmarkedRoles, nil
}

// participants are the roles that take part: the current login, what the rotation changes, and in
// class A the owner.
func (t target) participants() []string {
	names := append([]string{t.current.User}, t.changed()...)
	if t.class == rotation.Alternating {
		names = append(names, t.owner)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// checkOwner returns why a participant is not for this secret to change. Whether the current login
// is, its password proves.
func (t target) checkOwner(r role) error {
	changed := slices.Contains(t.changed(), r.name)
	switch owned := t.ownershipOf(r); {
	case owned == markedOther && (changed || r.name == t.current.User):
		return t.otherOwner(r)
	case owned == unmarked && changed && r.exists && r.name != t.current.User:
		return t.nobodysLogin(r.name)
	}
	return nil
}

// prove logs in with the current value. Only a secret that holds a login's password has a claim to
// it, whatever a record or a tag says.
func (t target) prove(ctx context.Context) error {
	t.database.proves = true
	verdict, err := t.probe(ctx, t.current)
	switch verdict {
	case rotation.Accepted:
		return nil
	case rotation.Rejected:
		return t.unproven(t.current.User)
	}
	return err
}
