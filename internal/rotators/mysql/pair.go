package mysql

import (
	"context"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// pair returns the two accounts that take turns in class A.
func (t target) pair() login.Pair { return login.Pair{Role: t.account.user} }

// nextUser returns the user that logs in after this rotation.
func (t target) nextUser() string {
	if t.class != rotation.Alternating {
		return t.current.User
	}
	return t.pair().Next(t.current.User)
}

// alternates reports whether a user is one of the two, and not one that a first rotation replaces.
func (t target) alternates(user string) bool {
	return t.class == rotation.Alternating && t.pair().Includes(user)
}

// accountOf returns the account of one of the two.
func (t target) accountOf(l login.Login) account {
	if t.account.host == "" {
		return account{l.User, anyHost}
	}
	return account{l.User, t.account.host}
}

// checkRole returns Accepted if a session has the rights that the role gives. Without them the
// account is not what readers need; Apply gives it the role.
func (t target) checkRole(ctx context.Context, session *session, user string) (rotation.Verdict, error) {
	roles, err := session.text(ctx, "SELECT CURRENT_ROLE()")
	if err != nil {
		return rotation.Unknown, err
	}
	// MariaDB returns the name alone, MySQL `name`@`host`.
	if roles != t.account.user && !strings.Contains(roles, "`"+t.account.user+"`@") {
		return rotation.Rejected, rotation.Permanentf("The account %s on %s does not have the role %s as its default role. Run SET DEFAULT ROLE for it.", user, t.server, t.account.user)
	}
	return rotation.Accepted, nil
}

// grantable reports whether a session's login has a role, and whether it may grant it.
func (s *session) grantable(ctx context.Context, role string) (has, may bool, err error) {
	query := "SELECT ROLE_NAME, IS_GRANTABLE FROM information_schema.APPLICABLE_ROLES WHERE ROLE_NAME = " + quote(role)
	if !s.mariaDB {
		query += " AND ROLE_HOST = '%'" // what a role without a host means
	}
	rows, err := s.pairs(ctx, "reading information_schema.APPLICABLE_ROLES", query)
	for _, row := range rows { // which have the name in any case
		has, may = has || row[0] == role, may || row[0] == role && row[1] == "YES"
	}
	return has, may, err
}

// mayGrant returns a fault if the administrator may not grant the role.
func (t target) mayGrant(ctx context.Context, session *session) error {
	_, may, err := session.grantable(ctx, t.account.user)
	if err == nil && !may {
		return t.server.fault(makingPair, roleDenied)
	}
	return err
}

// applyAlternating prepares the account that is not in use and sets its password last: a password
// that works shows that the rest was done.
func (t target) applyAlternating(ctx context.Context, session *session, next login.Login, fence rotation.Fence) error {
	inUse := next.User == t.current.User && !next.Password.Equal(t.current.Password)
	if inUse || !t.alternates(next.User) {
		return rotation.Permanentf("The new value is for an account that is not next in turn on %s. Check that the secret's value names the account that readers use now.", t.server)
	}
	if err := t.mayGrant(ctx, session); err != nil {
		return err
	}
	if session.mariaDB {
		return t.applyMariaDBPair(ctx, session, next, fence)
	}
	return t.applyMySQLPair(ctx, session, next, fence)
}

// identified returns the clause that sets a password.
func (s *session) identified(password secret.Value) string {
	if s.mariaDB {
		return " IDENTIFIED VIA " + nativePlugin + " USING " + quote(nativeHash(password))
	}
	return " IDENTIFIED BY " + quote(password.Reveal())
}
