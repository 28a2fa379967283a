package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Retire implements rotation.Setter. In class A the old login loses its password and keeps
// everything else; when its turn comes, it gets a new one. In class S the old password is already
// gone.
func (Rotator) Retire(ctx context.Context, s rotation.Subject, old secret.Value, fence rotation.Fence) error {
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
	case target.byPair():
		return target.retirePair(ctx, retired, fence)
	case retired.User == target.admin.User:
		return rotation.Permanentf("The old value is for AdminSecret's own login, whose password must stay. Name another administrator in the tag AdminSecret.")
	}
	session, err := target.open(ctx)
	if err != nil {
		return target.openFault(err)
	}
	defer session.close()
	return target.retire(ctx, session, retired, fence)
}

func (t target) retire(ctx context.Context, session *session, old login.Login, fence rotation.Fence) error {
	if err := session.beginLocked(ctx, t.identity()); err != nil {
		return err
	}
	if gone, err := t.mayRetire(ctx, session, old); err != nil || gone {
		return newFaultOrNil(err)
	}
	if err := fence(ctx); err != nil {
		return err
	}
	if err := session.exec(ctx, "ALTER ROLE "+quoteIdentifier(old.User)+" PASSWORD NULL"); err != nil {
		return newFault(changing, err)
	}
	return session.commit(ctx)
}

// mayRetire checks that the old login's password is the secret's: a mark says so, or the password
// itself does. A password that the server refuses needs no removing, and what has replaced it is
// somebody else's.
func (t target) mayRetire(ctx context.Context, session *session, old login.Login) (gone bool, _ error) {
	found, err := session.role(ctx, old.User, 0)
	if err != nil || !found.exists {
		return true, err
	}
	if err := found.checkMight(); err != nil {
		return false, err
	}
	switch t.ownershipOf(found) {
	case markedOurs:
		return false, nil
	case markedOther:
		return false, t.otherOwner(found)
	}
	accepted, err := t.database.acceptsPassword(ctx, old)
	return err == nil && !accepted, err
}

// acceptsPassword reports whether the server accepts a login's password, whether or not it lets
// the login in: limits and rights are checked after the password (postgres/postgres
// src/backend/utils/init/postinit.c, InitPostgres).
func (d database) acceptsPassword(ctx context.Context, l login.Login) (bool, error) {
	d.proves = true
	session, err := d.logIn(ctx, l)
	if err == nil {
		session.close()
		return true, nil
	}
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case ok && (refusal.Routine == initializeSession || refusal.Routine == checkDatabase):
		return true, nil
	case ok && refusesLogin(refusal):
		return false, nil
	}
	return false, d.loginFault("The login with the old password", err)
}

func newFaultOrNil(err error) error {
	if err == nil {
		return nil
	}
	return newFault(changing, err)
}
