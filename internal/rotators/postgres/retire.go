package postgres

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Retire implements rotation.Setter. In class A the old login loses its password and keeps
// everything else; when its turn comes, it gets a new one. In class S the old password is already
// gone.
func (Rotator) Retire(ctx context.Context, s rotation.Subject, old secret.Value) error {
	target, err := readTarget(s)
	if err != nil || target.class == rotation.Single {
		return err
	}
	retired, err := target.loginOf(old)
	switch {
	case err != nil:
		return err
	case retired.User == target.current.User: // the same login has a newer password
		return nil
	case retired.User == target.admin.User:
		return rotation.Permanentf("The old value is for AdminSecret's own login, whose password must stay. Name another administrator in the tag AdminSecret.")
	}
	session, err := target.open(ctx)
	if err != nil {
		return newFault("The login of AdminSecret", err)
	}
	defer session.close()
	return target.retire(ctx, session, retired.User)
}

func (t target) retire(ctx context.Context, session *session, user string) error {
	if err := session.begin(ctx, t.identity()); err != nil {
		return err
	}
	if err := removePassword(ctx, session, user); err != nil {
		return newFault(changing, err)
	}
	return session.commit(ctx)
}

func removePassword(ctx context.Context, session *session, user string) error {
	exists, err := roleExists(ctx, session, user)
	if err != nil || !exists {
		return err
	}
	if err := refusePrivileged(ctx, session, user); err != nil {
		return err
	}
	return session.exec(ctx, "ALTER ROLE "+quoteIdentifier(user)+" PASSWORD NULL")
}
