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

// checkRole returns Accepted if a session has the rights that the role gives. Without them the
// account is not what readers need; Apply gives it the role.
func (t target) checkRole(ctx context.Context, session *session) (rotation.Verdict, error) {
	roles, err := session.text(ctx, "SELECT CURRENT_ROLE()")
	if err != nil {
		return rotation.Unknown, err
	}
	// MariaDB returns the name alone, MySQL `name`@`host`.
	if roles != t.account.user && !strings.Contains(roles, "`"+t.account.user+"`@") {
		return rotation.Rejected, nil
	}
	return rotation.Accepted, nil
}

// applyAlternating prepares the account that is not in use and sets its password last: a password
// that works shows that the rest was done.
func (t target) applyAlternating(ctx context.Context, session *session, next login.Login, fence func(context.Context) error) error {
	inUse := next.User == t.current.User && !next.Password.Equal(t.current.Password)
	if inUse || !t.alternates(next.User) {
		return rotation.Permanentf("The new value is for an account that is not next in turn on %s. Check that the secret's value names the account that readers use now.", t.server)
	}
	if err := fence(ctx); err != nil {
		return err
	}
	prepare := t.prepareMySQL
	if session.mariaDB {
		prepare = t.prepareMariaDB
	}
	if err := prepare(ctx, session, next); err != nil {
		return err
	}
	return session.run(ctx, settingPassword, "ALTER USER "+t.accountOf(next).sql()+session.identified(next.Password)+" ACCOUNT UNLOCK")
}

// prepareMariaDB has the account choose its own default role, with a password that is replaced
// right after. Choosing it for the account would take the right to write the grant tables.
func (t target) prepareMariaDB(ctx context.Context, session *session, next login.Login) error {
	password, err := rotation.NewPassword(nil, rotation.Alphanumeric)
	if err != nil {
		return err
	}
	temporary := login.Login{User: next.User, Password: secret.NewValue(password)}
	account, identified := t.accountOf(next).sql(), session.identified(temporary.Password)
	err = session.run(ctx, makingPair,
		"CREATE USER IF NOT EXISTS "+account+identified,
		"ALTER USER "+account+identified+" ACCOUNT UNLOCK",
		"GRANT "+quote(t.account.user)+" TO "+account)
	if err != nil {
		return err
	}
	own, _, err := t.server.logIn(ctx, temporary)
	if err != nil {
		return err
	}
	defer own.close()
	return own.run(ctx, "SET DEFAULT ROLE", "SET DEFAULT ROLE "+quote(t.account.user))
}

// prepareMySQL needs no more than CREATE USER. A policy may check the account's password from the
// beginning, so that is the new one.
func (t target) prepareMySQL(ctx context.Context, session *session, next login.Login) error {
	account, role := t.accountOf(next).sql(), quote(t.account.user)
	return session.run(ctx, makingPair,
		"CREATE USER IF NOT EXISTS "+account+session.identified(next.Password)+" ACCOUNT LOCK",
		"GRANT "+role+" TO "+account,
		"ALTER USER "+account+" DEFAULT ROLE "+role)
}

// retireAlternating locks the other account; the next rotation unlocks it. If it no longer accepts
// the old password, it was retired already, or somebody set another one.
func (t target) retireAlternating(ctx context.Context, session *session, old login.Login) error {
	if old.User == t.current.User {
		return nil
	}
	own, verdict, err := t.server.logIn(ctx, old)
	own.close()
	if verdict != rotation.Accepted {
		_, err = login.Answer(verdict, err)
		return err
	}
	return session.run(ctx, "ACCOUNT LOCK", "ALTER USER "+t.accountOf(old).sql()+" ACCOUNT LOCK")
}

func (t target) accountOf(l login.Login) account { return account{l.User, t.account.host} }

// identified returns the clause that sets a password.
func (s *session) identified(password secret.Value) string {
	if s.mariaDB {
		return " IDENTIFIED VIA " + nativePlugin + " USING " + quote(nativeHash(password))
	}
	return " IDENTIFIED BY " + quote(password.Reveal())
}
