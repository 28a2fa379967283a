package rotators

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Apply implements rotation.Setter.
func (Postgres) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence func(context.Context) error) error {
	target, err := readPostgres(s)
	if err != nil {
		return err
	}
	l, err := target.loginOf(next)
	if err != nil {
		return err
	}
	if err := target.mayChange(l); err != nil {
		return err
	}
	verifier, err := newSCRAMVerifier(l.password)
	if err != nil {
		return err
	}
	session, err := target.authority(ctx)
	if err != nil {
		return target.unlessApplied(ctx, l, err)
	}
	defer session.close()
	return target.change(ctx, session, fence, func() error { return target.set(ctx, session, l.user, verifier) })
}

// mayChange keeps Apply from logins that are none of its business and, in class A, from the one that readers have now.
func (t postgresTarget) mayChange(next login) error {
	isCurrent := next.user == t.current.user
	switch {
	case t.class == rotation.Single && !isCurrent, t.class == rotation.Alternating && !t.alternates(next.user):
		return rotation.Permanentf("The new value is for a login that this rotation does not change.")
	case t.class == rotation.Alternating && isCurrent && !next.password.Equal(t.current.password):
		return rotation.Permanentf("The new value is for the login that readers have now; its password must stay as it is.")
	}
	return nil
}

// authority logs in as who changes passwords.
func (t postgresTarget) authority(ctx context.Context) (*postgresSession, error) {
	if t.admin != nil {
		return t.address.login(ctx, *t.admin)
	}
	return t.address.login(ctx, t.current)
}

// unlessApplied forgives a login that has lost its authority because it has the new password already.
func (t postgresTarget) unlessApplied(ctx context.Context, next login, err error) error {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); !ok || !refusesLogin(refusal) {
		return postgresFault("The login that changes the password", err)
	}
	if t.admin != nil {
		return rotation.Temporaryf("The server refuses the login of AdminSecret.")
	}
	session, err := t.address.login(ctx, next)
	if err != nil {
		return rotation.Temporaryf("The server refuses the login with the current password, which is to change it. An AdminSecret could.")
	}
	session.close()
	return nil
}

// change runs statements in a transaction that holds the server's lock of this credential. The limits end it if we freeze
// or die meanwhile; the commit waits for the disk even where the server is set not to.
func (t postgresTarget) change(ctx context.Context, session *postgresSession, fence func(context.Context) error, statements func() error) error {
	const doing = "The change of the password"
	if err := session.exec(ctx, "BEGIN", "SET LOCAL statement_timeout = '10s'",
		"SET LOCAL idle_in_transaction_session_timeout = '60s'", "SET LOCAL synchronous_commit = on"); err != nil {
		return postgresFault(doing, err)
	}
	locked, err := session.ask(ctx, "SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))", t.identity())
	if err != nil {
		return postgresFault(doing, err)
	}
	if !locked[0] {
		return rotation.Temporaryf("Somebody else is changing this credential: its lock on the server is taken.")
	}
	if err := fence(ctx); err != nil {
		return err // closing the session rolls back
	}
	if err := statements(); err != nil {
		return changeError(doing, err)
	}
	if err := session.exec(ctx, "COMMIT"); err != nil {
		return postgresFault(doing, err)
	}
	return nil
}

func changeError(doing string, err error) error {
	if errors.Is(err, rotation.ErrRefusedByPolicy) {
		return err
	}
	return postgresFault(doing, err)
}

// set gives a login its password, and in class A all that makes it one.
func (t postgresTarget) set(ctx context.Context, session *postgresSession, user, verifier string) error {
	if err := t.prepare(ctx, session, user); err != nil {
		return err
	}
	err := session.exec(ctx, "ALTER ROLE "+quoteIdentifier(user)+" PASSWORD '"+verifier+"'")
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusesPassword(refusal) {
		return rotation.ErrRefusedByPolicy
	}
	return err
}

func (t postgresTarget) prepare(ctx context.Context, session *postgresSession, user string) error {
	switch {
	case t.class == rotation.Alternating:
		return t.makeLogin(ctx, session, user)
	case t.admin == nil: // a login that acts as another role by default has the right only as itself
		return session.exec(ctx, "SET LOCAL ROLE none")
	}
	return nil
}

// makeLogin makes a login of class A, or mends it.
func (t postgresTarget) makeLogin(ctx context.Context, session *postgresSession, user string) error {
	for _, name := range []string{t.owner, t.current.user, user} {
		if err := refuseMighty(ctx, session, name); err != nil {
			return err
		}
	}
	exists, err := roleExists(ctx, session, user)
	if err != nil {
		return err
	}
	role, owner := quoteIdentifier(user), quoteIdentifier(t.owner)
	if !exists {
		if err := session.exec(ctx, "CREATE ROLE "+role); err != nil {
			return err
		}
	}
	return session.exec(ctx, "ALTER ROLE "+role+" LOGIN VALID UNTIL 'infinity'",
		"GRANT "+owner+" TO "+role,
		"ALTER ROLE "+role+" SET ROLE "+owner)
}
