package postgres

import (
	"context"

	"rotunda/internal/rotation"
)

// claims checks that all that this rotation changes is the secret's, and returns the roles that
// are yet to be marked. A role is the secret's if its mark says so, if it does not exist yet, or
// if the secret's current value logs in as it: prove finds out, and is called where no mark does
// the proving.
func (t target) claims(ctx context.Context, session *session, prove func(context.Context) error) ([]string, error) {
	if err := t.checkParticipants(ctx, session); err != nil {
		return nil, err
	}
	var unmarkedRoles []string
	proven := false
	for _, name := range t.changed() {
		found, err := session.role(ctx, name, 0)
		if err != nil {
			return nil, err
		}
		if err := t.checkOwnership(found); err != nil {
			return nil, err
		}
		if t.ownershipOf(found) == markedOurs {
			proven = true
			continue
		}
		unmarkedRoles = append(unmarkedRoles, name)
	}
	if t.admin == nil {
		return nil, nil
	}
	if err := t.checkSecret(); err != nil {
		return nil, err
	}
	adopts := false
	for _, name := range unmarkedRoles {
		adopts = adopts || name == t.current.User
	}
	if proven && !adopts {
		return unmarkedRoles, nil
	}
	return unmarkedRoles, prove(ctx)
}

// checkParticipants checks the roles that are not changed themselves: nobody's might is borrowed,
// and the current login is no other secret's.
func (t target) checkParticipants(ctx context.Context, session *session) error {
	current, err := session.role(ctx, t.current.User, 0)
	if err != nil {
		return err
	}
	if t.ownershipOf(current) == markedOther {
		return t.otherOwner(current)
	}
	if t.admin == nil { // it has no more authority than its own
		return nil
	}
	if err := current.checkMight(); err != nil || t.class == rotation.Single {
		return err
	}
	owner, err := session.role(ctx, t.owner, 0)
	if err != nil {
		return err
	}
	return owner.checkMight()
}

// checkOwnership returns why a role that the rotation changes is not this secret's. Whether the
// current login is, its password proves.
func (t target) checkOwnership(r role) error {
	if err := r.checkMight(); err != nil {
		return err
	}
	switch owned := t.ownershipOf(r); {
	case owned == markedOther:
		return t.otherOwner(r)
	case owned == unmarked && r.exists && r.name != t.current.User:
		return t.nobodysLogin(r.name)
	}
	return nil
}

// prove logs in with the current value. Only a secret that holds a login's password has a claim to
// it, whatever a record or a tag says.
func (t target) prove(ctx context.Context) error {
	verdict, err := t.probe(ctx, t.current)
	switch verdict {
	case rotation.Accepted:
		return nil
	case rotation.Rejected:
		return t.unproven(t.current.User)
	}
	return err
}
