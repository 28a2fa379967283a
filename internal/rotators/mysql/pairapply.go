package mysql

import (
	"context"
	"slices"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// applyMariaDBPair makes the account, or takes it if it is this secret's.
func (t target) applyMariaDBPair(ctx context.Context, session *session, next login.Login, fence rotation.Fence) error {
	found, err := t.readPair(ctx, session, next)
	if err != nil {
		return err
	}
	terms, err := t.currentTerms(ctx, session)
	if err != nil {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	account := t.accountOf(next)
	if len(found) == 0 {
		err = t.create(ctx, session, next)
	} else {
		err = t.equip(ctx, session, account, !slices.Contains(found[0].owners, t.mark))
	}
	if err != nil {
		return err
	}
	if len(found) == 0 || found[0].defaultRole != t.account.user {
		if err := t.setDefaultRole(ctx, session, account); err != nil {
			return err
		}
	}
	return session.run(ctx, settingPassword, "ALTER USER "+account.sql()+session.identified(next.Password)+terms.sql()+" ACCOUNT UNLOCK")
}

// readPair returns the account of a login of the pair, if there is one and it is this secret's.
func (t target) readPair(ctx context.Context, session *session, l login.Login) ([]stored, error) {
	found, err := session.accounts(ctx, l.User)
	if err == nil {
		err = t.readOwners(ctx, session, found)
	}
	if err == nil {
		err = t.mayTake(found, l)
	}
	return found, err
}

// create makes an account that is locked and has the new password. Until it bears the mark, that
// password proves whose it is. If it can't be given the role, it is dropped again.
func (t target) create(ctx context.Context, session *session, next login.Login) error {
	account := t.accountOf(next)
	err := session.run(ctx, makingPair, "CREATE USER "+account.sql()+session.identified(next.Password)+" ACCOUNT LOCK")
	if err != nil {
		return err
	}
	if err = t.equip(ctx, session, account, true); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), packetTimeout)
		defer cancel()
		// If this fails, the next attempt finds the account by its password.
		_ = session.run(ctx, makingPair, "DROP USER "+account.sql())
	}
	return err
}

// equip gives an account the role, and the mark if it lacks that.
func (t target) equip(ctx context.Context, session *session, account account, unmarked bool) error {
	statements := []string{"GRANT " + quote(t.account.user) + " TO " + account.sql()}
	if unmarked {
		marking, err := t.marking(ctx, session, account)
		if err != nil {
			return err
		}
		statements = append(marking, statements...)
	}
	return session.run(ctx, makingPair, statements...)
}

// marking returns the statements that give an account the mark.
func (t target) marking(ctx context.Context, session *session, account account) ([]string, error) {
	role, err := t.createMark(ctx, session)
	return []string{role, "GRANT " + quote(t.mark) + " TO " + account.sql()}, err
}

// setDefaultRole has the account choose its own default role, with a password that is replaced
// right after. Choosing it for the account would take the right to write the grant tables.
func (t target) setDefaultRole(ctx context.Context, session *session, account account) error {
	password, err := rotation.NewPassword(nil, rotation.Alphanumeric)
	if err != nil {
		return err
	}
	temporary := login.Login{User: account.user, Password: secret.NewValue(password)}
	err = session.run(ctx, makingPair, "ALTER USER "+account.sql()+session.identified(temporary.Password)+" ACCOUNT UNLOCK")
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
