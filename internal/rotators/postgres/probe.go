package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Probe implements rotation.Prober. A login of class A that works but may not act as the owner is
// Rejected too: nobody can use it, and Apply repairs it.
func (Rotator) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Unknown, err
	}
	if target.admin != nil && value.Equal(s.Admin) {
		verdict, err := target.tryLogin(ctx, *target.admin)
		return verdict, err
	}
	tried, err := target.loginOf(value)
	if err != nil {
		return rotation.Unknown, err
	}
	return target.probe(ctx, tried)
}

// tryLogin only logs in.
func (t target) tryLogin(ctx context.Context, l login.Login) (rotation.Verdict, error) {
	session, err := t.database.logIn(ctx, l)
	if err != nil {
		return t.database.loginVerdict(err)
	}
	session.close()
	return rotation.Accepted, nil
}

// probe logs in, and checks what the login may do.
func (t target) probe(ctx context.Context, l login.Login) (rotation.Verdict, error) {
	if t.class == rotation.Single || l.User == t.owner {
		return t.tryLogin(ctx, l)
	}
	session, err := t.database.logIn(ctx, l)
	if err != nil {
		return t.database.loginVerdict(err)
	}
	defer session.close()
	return t.probeMembership(ctx, session, l.User)
}

func (d database) loginVerdict(err error) (rotation.Verdict, error) {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusesLogin(refusal) {
		return rotation.Rejected, rejectedLogin(refusal)
	}
	return rotation.Unknown, d.loginFault("The login", err)
}

// probeMembership checks that the session acts as the owner. The login that a first rotation
// replaces need only be a member.
func (t target) probeMembership(ctx context.Context, session *session, user string) (rotation.Verdict, error) {
	row, err := session.queryRow(ctx, 2, `
		SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1 AND pg_catalog.pg_has_role(session_user, oid, 'MEMBER')),
			current_user = $1`, t.owner)
	if err != nil {
		return rotation.Unknown, newFault("The query for what the login may do", err)
	}
	isMember, actsAsOwner := row[0] == "t", row[1] == "t"
	switch {
	case !isMember:
		return rotation.Rejected, rotation.Permanentf("The login works but is not a member of the role in the tag CredentialId. Correct the tag, or run: GRANT %s TO %s;",
			quoteIdentifier(t.owner), quoteIdentifier(user))
	case !actsAsOwner && t.pair().Includes(user):
		return rotation.Rejected, rotation.Permanentf("The login works but does not act as the role in the tag CredentialId. Run: ALTER ROLE %s SET ROLE %s;",
			quoteIdentifier(user), quoteIdentifier(t.owner))
	}
	return rotation.Accepted, nil
}
