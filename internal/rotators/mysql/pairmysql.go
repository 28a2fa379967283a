package mysql

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// applyMySQLPair makes the account, or takes it if it is this secret's. An account that is made
// here is locked and has a password that nobody knows, as a policy of reuse may forbid to set the
// new one twice.
func (t target) applyMySQLPair(ctx context.Context, session *session, next login.Login, fence rotation.Fence) error {
	found, err := session.mySQLAccounts(ctx, next.User)
	if err == nil {
		err = t.mayTakeMySQL(found, next)
	}
	if err != nil {
		return err
	}
	terms, err := t.mySQLTerms(ctx, session)
	if err != nil {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	account := t.accountOf(next)
	if len(found) == 0 {
		if err := t.createMySQL(ctx, session, account); err != nil {
			return err
		}
	}
	if err := t.equipMySQL(ctx, session, account); err != nil {
		return err
	}
	return t.setMySQLPassword(ctx, session, next, "ALTER USER "+account.sql()+session.identified(next.Password)+terms.sql()+" ACCOUNT UNLOCK")
}

func (t target) createMySQL(ctx context.Context, session *session, account account) error {
	unknown, err := t.unknown(session)
	if err != nil {
		return err
	}
	return session.run(ctx, makingPair, "CREATE USER "+account.sql()+unknown+" ACCOUNT LOCK ATTRIBUTE "+t.attribute())
}

// equipMySQL gives an account the role. MySQL lets a session grant only roles that are active in
// it (has_grant_role_privilege in mysql/mysql-server, sql/auth/sql_authorization.cc), so it
// activates all that it has.
func (t target) equipMySQL(ctx context.Context, session *session, account account) error {
	role := quote(t.account.user)
	return session.run(ctx, makingPair, "SET ROLE ALL", "GRANT "+role+" TO "+account.sql(), "ALTER USER "+account.sql()+" DEFAULT ROLE "+role)
}

// unknown returns the clause that sets a password that nobody knows. It has the form of the
// secret's, which the server's policy accepts.
func (t target) unknown(session *session) (string, error) {
	password, err := rotation.NewPassword(t.tags, rotation.Alphanumeric)
	return session.identified(secret.NewValue(password)), err
}

// mySQLTerms returns the terms of the account that the secret has now.
func (t target) mySQLTerms(ctx context.Context, session *session) (terms, error) {
	rows, err := session.pairs(ctx, "reading mysql.user",
		"SELECT Host, JSON_OBJECT('ssl_type', IF(ssl_type = '', 0, 1), 'max_questions', max_questions, 'max_updates', max_updates, 'max_connections', max_connections, 'max_user_connections', max_user_connections) FROM mysql.user WHERE User = "+quote(t.current.User)+" ORDER BY Host")
	if err != nil || len(rows) == 0 {
		return terms{}, err
	}
	if len(rows) == 1 {
		return parseTerms(rows[0][1]), nil
	}
	own, _, err := t.server.logIn(ctx, t.current)
	if err != nil {
		return terms{}, err
	}
	defer own.close()
	self, err := own.self(ctx)
	for _, row := range rows {
		if row[0] == self.host {
			return parseTerms(row[1]), err
		}
	}
	return terms{}, err
}

// retireMySQLAccount makes the account that accepts the old password refuse it, and locks it. If
// none does, it was retired already, or somebody set another password. An account of the pair gets
// the mark, as its turn will come again.
func (t target) retireMySQLAccount(ctx context.Context, session *session, old login.Login, fence rotation.Fence) error {
	account, err := t.holder(ctx, old)
	if err != nil || account.user == "" {
		return err
	}
	all, err := session.mySQLAccounts(ctx, account.user)
	if err != nil {
		return err
	}
	for _, one := range all {
		if one.account == account && one.mark != "" && one.mark != t.mark {
			return t.foreignMySQL(one)
		}
	}
	unknown, err := t.unknown(session)
	if err != nil {
		return err
	}
	retiring := "ALTER USER " + account.sql() + unknown + " ACCOUNT LOCK"
	if t.alternates(account.user) {
		retiring += " ATTRIBUTE " + t.attribute()
	}
	if err := fence(ctx); err != nil {
		return err
	}
	return session.run(ctx, "retiring the account", retiring, "ALTER USER "+account.sql()+" DISCARD OLD PASSWORD")
}

// holder returns the account that accepts a login, or the zero account.
func (t target) holder(ctx context.Context, l login.Login) (account, error) {
	own, verdict, err := t.server.logIn(ctx, l)
	defer own.close()
	if verdict != rotation.Accepted {
		_, err = login.Answer(verdict, err)
		return account{}, err
	}
	return own.self(ctx)
}
