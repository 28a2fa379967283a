package rotators

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"rotunda/internal/rotation"
)

// nativePlugin is how MariaDB checks a password, unless told otherwise.
const nativePlugin = "mysql_native_password"

// alternative is one way to log in to a MariaDB account: a plugin, and what it keeps, such as a hash.
type alternative struct {
	Plugin string `json:"plugin"`
	Text   string `json:"authentication_string"`
}

// alternatives are all of an account, in the order in which the server tries them.
type alternatives []alternative

// readAlternatives reads them as the server keeps them. They are given back to it with what this code knows nothing of.
func (t mysqlTarget) readAlternatives(ctx context.Context, session *mysqlSession) (alternatives, error) {
	text, err := session.text(ctx, "SELECT Priv FROM mysql.global_priv WHERE User = "+quoteSQL(t.account.user)+" AND Host = "+quoteSQL(t.account.host))
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, rotation.Permanentf("The server %s has no account %s. The tag CredentialId may say user@host.", t.address, t.account)
	}
	found, ok := parseAlternatives(text)
	if !ok {
		return nil, rotation.Permanentf("The server %s keeps the account %s in a form that is unknown here.", t.address, t.account)
	}
	return found, nil
}

// parseAlternatives reads an account's row. Where there are several, auth_or has them in order, an empty one for the
// one that the row itself has.
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

// sql is what stands after IDENTIFIED.
func (all alternatives) sql() string {
	ways := make([]string, len(all))
	for i, one := range all {
		ways[i] = "`" + strings.ReplaceAll(one.Plugin, "`", "``") + "`"
		if one.Text != "" {
			ways[i] += " USING " + quoteSQL(one.Text)
		}
	}
	return "VIA " + strings.Join(ways, " OR ")
}

// set gives the account these alternatives; what else it has, such as REQUIRE SSL, the server keeps.
func (t mysqlTarget) set(ctx context.Context, session *mysqlSession, all alternatives) error {
	return session.run(ctx, "setting the password", "ALTER USER "+t.account.sql()+" IDENTIFIED "+all.sql())
}

// applyAlternatives puts the new password first: clients, who begin with a native password, then need no second try.
func (t mysqlTarget) applyAlternatives(ctx context.Context, session *mysqlSession, next login, fence func(context.Context) error) error {
	old, err := t.readAlternatives(ctx, session)
	if err != nil {
		return err
	}
	added := alternative{nativePlugin, nativeHash(next.password)}
	old = slices.DeleteFunc(old, func(one alternative) bool {
		return one == added || t.class == rotation.Single && one.Plugin == nativePlugin
	})
	if err := fence(ctx); err != nil {
		return err
	}
	return t.set(ctx, session, append(alternatives{added}, old...))
}

func (t mysqlTarget) retireAlternative(ctx context.Context, session *mysqlSession, old login) error {
	all, err := t.readAlternatives(ctx, session)
	if err != nil {
		return err
	}
	removed := alternative{nativePlugin, nativeHash(old.password)}
	if !slices.Contains(all, removed) {
		return nil
	}
	kept := slices.DeleteFunc(all, func(one alternative) bool { return one == removed })
	if !slices.Contains(kept, alternative{nativePlugin, nativeHash(t.current.password)}) {
		return rotation.Temporaryf("The account %s on %s does not have the secret's latest password, so the old one is not taken away.", t.account, t.address)
	}
	return t.set(ctx, session, kept)
}
