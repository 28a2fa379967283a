package mysql

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// nativePlugin is how MariaDB checks a password by default.
const nativePlugin = "mysql_native_password"

// alternative is one way to log in to a MariaDB account: a plugin, and the text that it stores,
// such as a hash.
type alternative struct {
	Plugin string `json:"plugin"`
	Text   string `json:"authentication_string"`
}

// alternatives are all that an account has, in the order in which the server tries them.
type alternatives []alternative

// readAlternatives returns the account's alternatives as the server stores them. Those that the
// rotator does not know are written back unchanged.
func (t target) readAlternatives(ctx context.Context, session *session) (alternatives, error) {
	text, err := session.text(ctx, "SELECT Priv FROM mysql.global_priv WHERE User = "+quote(t.account.user)+" AND Host = "+quote(t.account.host))
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, rotation.Permanentf("The server %s has no account %s. Create it, or correct the tag CredentialId, which may be user@host.", t.server, t.account)
	}
	found, ok := parseAlternatives(text)
	if !ok {
		return nil, rotation.Permanentf("The server %s stores the account %s in a form that Rotunda does not know. Class A does not read it; choose that with the tag RotationClass.", t.server, t.account)
	}
	return found, nil
}

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

// set gives the account these alternatives; the server keeps its other properties, such as REQUIRE
// SSL.
func (t target) set(ctx context.Context, session *session, all alternatives) error {
	return session.run(ctx, settingPassword, "ALTER USER "+t.account.sql()+" IDENTIFIED "+all.sql())
}

// applyAlternatives puts the new password first. Clients begin with a native password, so they
// need no second attempt.
func (t target) applyAlternatives(ctx context.Context, session *session, next login.Login, fence func(context.Context) error) error {
	old, err := t.readAlternatives(ctx, session)
	if err != nil {
		return err
	}
	added := alternative{nativePlugin, nativeHash(next.Password)}
	old = slices.DeleteFunc(old, func(one alternative) bool {
		return one == added || t.class == rotation.Single && one.Plugin == nativePlugin
	})
	if err := fence(ctx); err != nil {
		return err
	}
	return t.set(ctx, session, append(alternatives{added}, old...))
}

func (t target) retireAlternative(ctx context.Context, session *session, old login.Login) error {
	all, err := t.readAlternatives(ctx, session)
	if err != nil {
		return err
	}
	removed := alternative{nativePlugin, nativeHash(old.Password)}
	if !slices.Contains(all, removed) {
		return nil
	}
	kept := slices.DeleteFunc(all, func(one alternative) bool { return one == removed })
	if !slices.Contains(kept, alternative{nativePlugin, nativeHash(t.current.Password)}) {
		return rotation.Temporaryf("The account %s on %s does not have the password of the secret's latest version, so the old password is not removed. Set the account's password to the secret's.", t.account, t.server)
	}
	return t.set(ctx, session, kept)
}
