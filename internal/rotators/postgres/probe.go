package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Probe implements rotation.Prober. A login of class A that works but may not act as the owner is
// Rejected too: nobody can use it, and Apply repairs it.
func (Rotator) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Unknown, err
	}
	isAdmin := target.admin != nil && value.Equal(s.Admin)
	tried := target.admin
	if !isAdmin {
		l, err := target.loginOf(value)
		if err != nil {
			return rotation.Unknown, err
		}
		tried = &l
	}
	session, err := target.database.logIn(ctx, *tried)
	if err != nil {
		return loginVerdict(err)
	}
	defer session.close()
	if isAdmin || target.class == rotation.Single || tried.User == target.owner {
		return rotation.Accepted, nil
	}
	return target.probeMembership(ctx, session, tried.User)
}

func loginVerdict(err error) (rotation.Verdict, error) {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusesLogin(refusal) {
		return rotation.Rejected, nil
	}
	return rotation.Unknown, newFault("The login", err)
}

// probeMembership checks that the session acts as the owner. The login that a first rotation
// replaces need only be a member.
func (t target) probeMembership(ctx context.Context, session *session, user string) (rotation.Verdict, error) {
	answers, err := session.queryBools(ctx, `
		SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1 AND pg_catalog.pg_has_role(session_user, oid, 'MEMBER')),
			current_user = $1`, t.owner)
	if err != nil {
		return rotation.Unknown, newFault("The query for what the login may do", err)
	}
	isMember, actsAsOwner := answers[0], answers[1]
	if isMember && (actsAsOwner || !t.pair().Includes(user)) {
		return rotation.Accepted, nil
	}
	return rotation.Rejected, nil
}
