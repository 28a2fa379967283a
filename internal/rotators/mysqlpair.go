package rotators

import (
	"context"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// makingPair is what faults call it.
const makingPair = "making the account of the pair"

// nextUser is who logs in after this rotation.
func (t mysqlTarget) nextUser() string {
	switch {
	case t.class != rotation.Alternating:
		return t.current.user
	case t.current.user == t.account.user+suffixA:
		return t.account.user + suffixB
	}
	return t.account.user + suffixA
}

// alternates tells the two accounts from one that a first rotation starts from.
func (t mysqlTarget) alternates(user string) bool {
	return t.class == rotation.Alternating && (user == t.account.user+suffixA || user == t.account.user+suffixB)
}

// checkRole tells whether a session has the rights that the role gives. Without them the account is not what readers need,
// and Apply makes it that.
func (t mysqlTarget) checkRole(ctx context.Context, session *mysqlSession) (rotation.Verdict, error) {
	roles, err := session.text(ctx, "SELECT CURRENT_ROLE()")
	if err != nil {
		return rotation.Unknown, err
	}
	if roles != t.account.user && !strings.Contains(roles, "`"+t.account.user+"`@") { // MariaDB's and MySQL's form
		return rotation.Rejected, nil
	}
	return rotation.Accepted, nil
}

// applyAlternating makes the account that is not in use all that it must be, and gives it the password last: a password
// that works shows that the rest was done.
func (t mysqlTarget) applyAlternating(ctx context.Context, session *mysqlSession, next login, fence func(context.Context) error) error {
	inUse := next.user == t.current.user && !next.password.Equal(t.current.password)
	if inUse || !t.alternates(next.user) {
		return rotation.Permanentf("The new value is for an account that does not have its turn on %s.", t.address)
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
	return session.run(ctx, "setting the password", "ALTER USER "+t.accountOf(next).sql()+session.identified(next.password)+" ACCOUNT UNLOCK")
}

// prepareMariaDB has the account choose its default role itself, by a password that lives this long only. For somebody
// else to choose it would take the right to write the tables of rights.
func (t mysqlTarget) prepareMariaDB(ctx context.Context, session *mysqlSession, next login) error {
	password, err := rotation.NewPassword(nil, rotation.Alphanumeric)
	if err != nil {
		return err
	}
	passing := login{user: next.user, password: secret.NewValue(password)}
	account, identified := t.accountOf(next).sql(), session.identified(passing.password)
	err = session.run(ctx, makingPair,
		"CREATE USER IF NOT EXISTS "+account+identified,
		"ALTER USER "+account+identified+" ACCOUNT UNLOCK",
		"GRANT "+quoteSQL(t.account.user)+" TO "+account)
	if err != nil {
		return err
	}
	itself, _, err := t.address.login(ctx, passing)
	if err != nil {
		return err
	}
	defer itself.close()
	return itself.run(ctx, "SET DEFAULT ROLE", "SET DEFAULT ROLE "+quoteSQL(t.account.user))
}

// prepareMySQL: there CREATE USER is right enough. A password that exists has to follow the policy, so it is the new one.
func (t mysqlTarget) prepareMySQL(ctx context.Context, session *mysqlSession, next login) error {
	account, role := t.accountOf(next).sql(), quoteSQL(t.account.user)
	return session.run(ctx, makingPair,
		"CREATE USER IF NOT EXISTS "+account+session.identified(next.password)+" ACCOUNT LOCK",
		"GRANT "+role+" TO "+account,
		"ALTER USER "+account+" DEFAULT ROLE "+role)
}

// retireAlternating locks the other account; the next rotation unlocks it. If it does not take the old password any more,
// that was done, or somebody gave it another one.
func (t mysqlTarget) retireAlternating(ctx context.Context, session *mysqlSession, old login) error {
	if old.user == t.current.user {
		return nil
	}
	itself, verdict, err := t.address.login(ctx, old)
	itself.close()
	if verdict != rotation.Accepted {
		_, err = answered(verdict, err)
		return err
	}
	return session.run(ctx, "ACCOUNT LOCK", "ALTER USER "+t.accountOf(old).sql()+" ACCOUNT LOCK")
}

func (t mysqlTarget) accountOf(l login) mysqlAccount { return mysqlAccount{l.user, t.account.host} }

// identified is the clause that sets a password.
func (s *mysqlSession) identified(password secret.Value) string {
	if s.mariaDB {
		return " IDENTIFIED VIA " + nativePlugin + " USING " + quoteSQL(nativeHash(password))
	}
	return " IDENTIFIED BY " + quoteSQL(password.Reveal())
}
