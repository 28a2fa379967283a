package mysql

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// applySingle replaces the password. An account that does so itself needs no right.
func (t target) applySingle(ctx context.Context, session *session, next login.Login, fence func(context.Context) error) error {
	statement := "ALTER USER USER() IDENTIFIED BY " + quote(next.Password.Reveal())
	switch {
	case t.admin != nil:
		account, err := t.onlyMySQLAccount(ctx, session)
		if err != nil {
			return err
		}
		statement = "ALTER USER " + account.sql() + " IDENTIFIED BY " + quote(next.Password.Reveal())
	case session.mariaDB:
		statement = "SET PASSWORD = " + quote(nativeHash(next.Password))
	}
	if err := fence(ctx); err != nil {
		return err
	}
	return session.run(ctx, settingPassword, statement)
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
