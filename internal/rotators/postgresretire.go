package rotators

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Retire implements rotation.Setter. In class A the old login loses its password and keeps all else; the one that comes
// next gets it back. In class S the old password is gone already.
func (Postgres) Retire(ctx context.Context, s rotation.Subject, old secret.Value) error {
	target, err := readPostgres(s)
	if err != nil || target.class == rotation.Single {
		return err
	}
	l, err := target.loginOf(old)
	switch {
	case err != nil:
		return err
	case l.user == target.current.user: // the same login has a newer password
		return nil
	case l.user == target.admin.user:
		return rotation.Permanentf("The old value is for AdminSecret's own login, which must keep its password.")
	}
	session, err := target.authority(ctx)
	if err != nil {
		return postgresFault("The login of AdminSecret", err)
	}
	defer session.close()
	return target.change(ctx, session, unfenced, func() error { return removePassword(ctx, session, l.user) })
}

func unfenced(context.Context) error { return nil }

func removePassword(ctx context.Context, session *postgresSession, user string) error {
	exists, err := roleExists(ctx, session, user)
	if err != nil || !exists {
		return err
	}
	if err := refuseMighty(ctx, session, user); err != nil {
		return err
	}
	return session.exec(ctx, "ALTER ROLE "+quoteIdentifier(user)+" PASSWORD NULL")
}
