package mysql

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// applySingle replaces the password. An account that does so itself needs no right.
func (t target) applySingle(ctx context.Context, session *session, next login.Login, fence rotation.Fence) error {
	changed := "USER()"
	if t.admin != nil {
		account, err := t.onlyMySQLAccount(ctx, session)
		if err != nil {
			return err
		}
		changed = account.sql()
	}
	if err := fence(ctx); err != nil {
		return err
	}
	if session.mariaDB {
		return session.run(ctx, settingPassword, "SET PASSWORD = "+quote(nativeHash(next.Password)))
	}
	return t.setMySQLPassword(ctx, session, next, "ALTER USER "+changed+session.identified(next.Password))
}

// setMySQLPassword runs a statement that sets the password of a login. An account that must give
// its present password when it sets another one gives it (MySQL's manual, "ALTER USER Statement",
// REPLACE). A password that an earlier attempt set may be refused by a policy of reuse.
func (t target) setMySQLPassword(ctx context.Context, session *session, next login.Login, statement string) error {
	_, err := session.db.ExecContext(ctx, statement)
	if errorNumber(err) == presentNeeded {
		_, err = session.db.ExecContext(ctx, statement+" REPLACE "+quote(session.as.Password.Reveal()))
	}
	if errorNumber(err) == usedBefore && t.server.accepts(ctx, next) {
		return nil
	}
	return t.server.fault(settingPassword, err)
}

// accepts reports whether the server accepts a login.
func (s server) accepts(ctx context.Context, l login.Login) bool {
	session, verdict, _ := s.logIn(ctx, l)
	session.close()
	return verdict == rotation.Accepted
}

// onlyMySQLAccount returns the account that CredentialId names. MySQL's hashes are salted, so
// which accounts of a name have one password can't be seen.
func (t target) onlyMySQLAccount(ctx context.Context, session *session) (account, error) {
	all, err := session.mySQLAccounts(ctx, t.account.user)
	if err != nil {
		return account{}, err
	}
	var found []mySQLAccount
	for _, one := range all {
		if t.account.host == "" || one.host == t.account.host {
			found = append(found, one)
		}
	}
	switch {
	case len(found) == 0:
		return account{}, rotation.Permanentf("The server %s has no account %s. Create it, or correct the tag CredentialId, which may be user@host.", t.server, t.account)
	case len(found) > 1:
		return account{}, rotation.Permanentf("The server %s has %d accounts named %s. Name the account's host in the tag CredentialId: user@host.", t.server, len(found), t.account.user)
	case found[0].mark != "" && found[0].mark != t.mark:
		return account{}, t.foreignMySQL(found[0])
	}
	return found[0].account, nil
}
