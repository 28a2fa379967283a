package mysql

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// nativePlugin is how MariaDB checks a password by default.
const (
	nativePlugin = "mysql_native_password"
	edPlugin     = "client_ed25519" // as clients call it
)

// alternative is one way to log in to a MariaDB account: a plugin, and the text that it stores,
// such as a hash.
type alternative struct {
	Plugin string `json:"plugin"`
	Text   string `json:"authentication_string"`
}

// alternatives are all that an account has, in the order in which the server tries them.
type alternatives []alternative

// parseAlternatives reads an account's row. If there are several alternatives, auth_or holds
// them in order, with an empty object in place of the one that the row itself holds.
func parseAlternatives(row string) (alternatives, bool) {
	var account struct {
		alternative
		Or alternatives `json:"auth_or"`
	}
	if json.Unmarshal([]byte(row), &account) != nil || account.Plugin == "" {
		return nil, false
	}
	if len(account.Or) == 0 {
		return alternatives{account.alternative}, true
	}
	at := slices.Index(account.Or, alternative{})
	if at < 0 {
		return nil, false
	}
	account.Or[at] = account.alternative
	return account.Or, true
}

// sql returns what follows IDENTIFIED.
func (all alternatives) sql() string {
	clauses := make([]string, len(all))
	for i, one := range all {
		clauses[i] = "`" + strings.ReplaceAll(one.Plugin, "`", "``") + "`"
		if one.Text != "" {
			clauses[i] += " USING " + quote(one.Text)
		}
	}
	return "VIA " + strings.Join(clauses, " OR ")
}

// unhandled reports whether one of the alternatives might accept a password that no rotation
// changes.
func (all alternatives) unhandled() bool {
	return slices.ContainsFunc(all, func(one alternative) bool {
		switch one.Plugin {
		case nativePlugin, "unix_socket", "gssapi": // the last two know no password
			return false
		}
		return true
	})
}

// known returns a fault if an account is stored in a form that Rotunda does not know.
func (t target) known(accounts []stored) error {
	for _, one := range accounts {
		if one.alternatives == nil {
			return rotation.Permanentf("The server %s stores an account named %s in a form that Rotunda does not know, so its password can't be changed.", t.server, one.user)
		}
	}
	return nil
}

// set gives accounts their alternatives, in one statement: a worker that dies leaves no account
// behind the others. The server keeps their other properties, such as REQUIRE SSL.
func (t target) set(ctx context.Context, session *session, accounts []stored, ending string) error {
	if len(accounts) == 0 {
		return nil
	}
	clauses := make([]string, len(accounts))
	for i, one := range accounts {
		clauses[i] = one.sql() + " IDENTIFIED " + one.alternatives.sql()
	}
	return session.run(ctx, settingPassword, "ALTER USER "+strings.Join(clauses, ", ")+ending)
}

// applyAlternatives puts the new password first. Clients begin with a native password, so they
// need no second attempt.
func (t target) applyAlternatives(ctx context.Context, session *session, next login.Login, fence rotation.Fence) error {
	accounts, err := t.readChanged(ctx, session, next)
	if err != nil {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	for i := range accounts {
		accounts[i].alternatives = t.with(accounts[i].alternatives, next.Password)
	}
	return t.set(ctx, session, accounts, "")
}

// readChanged returns the accounts to change, none of which is another secret's.
func (t target) readChanged(ctx context.Context, session *session, next login.Login) ([]stored, error) {
	all, err := session.accounts(ctx, t.account.user)
	if err != nil {
		return nil, err
	}
	accounts, err := t.changed(all, next)
	if err == nil {
		err = t.known(accounts)
	}
	if err == nil {
		err = t.readOwners(ctx, session, accounts)
	}
	if err == nil {
		err = t.mayChange(accounts)
	}
	return accounts, err
}

// with returns alternatives with a new password in front.
func (t target) with(all alternatives, password secret.Value) alternatives {
	added := alternative{nativePlugin, nativeHash(password)}
	kept := slices.DeleteFunc(slices.Clone(all), func(one alternative) bool {
		return one == added || t.class == rotation.Single && one.Plugin == nativePlugin
	})
	return append(alternatives{added}, kept...)
}

// retireAlternative removes the old password from all accounts of the name that have it.
func (t target) retireAlternative(ctx context.Context, session *session, old login.Login, fence rotation.Fence) error {
	all, err := session.accounts(ctx, t.account.user)
	if err != nil {
		return err
	}
	holding := slices.DeleteFunc(all, func(s stored) bool {
		return !s.holds(old.Password) || t.account.host != "" && s.host != t.account.host
	})
	removed := alternative{nativePlugin, nativeHash(old.Password)}
	for i, one := range holding {
		if !one.holds(t.current.Password) {
			return rotation.Temporaryf("The account %s on %s does not have the password of the secret's latest version, so the old password is not removed. Set the account's password to the secret's.", one.account, t.server)
		}
		holding[i].alternatives = slices.DeleteFunc(one.alternatives, func(one alternative) bool { return one == removed })
	}
	if err := fence(ctx); err != nil {
		return err
	}
	return t.set(ctx, session, holding, "")
}
