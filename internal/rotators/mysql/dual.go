package mysql

import (
	"context"
	"slices"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// The plugins of MySQL whose accounts may have a second password: those that store it in
// mysql.user (MySQL's manual, "Password Management", "Dual Password Support").
var retainingPlugins = []string{nativePlugin, "caching_sha2_password", "sha256_password"}

// dual is an account of MySQL in class O. It has a first password and, while a rotation is under
// way, a second one. The server does not tell which of the two a login had.
type dual struct {
	account
	plugin    string
	hasSecond bool
	reuse     bool // a policy forbids to set a password again
}

// setPassword returns the statement that sets the first password. It names the account's own
// plugin, as another plugin would discard the second password. Without RETAIN CURRENT PASSWORD,
// the second password stays what it is (MySQL's manual, "ALTER USER Statement").
func (d dual) setPassword(password secret.Value) string {
	return "ALTER USER " + d.sql() + " IDENTIFIED WITH " + quote(d.plugin) + " BY " + quote(password.Reveal())
}

// readDual returns the account of class O.
func (t target) readDual(ctx context.Context, session *session) (dual, error) {
	one, err := t.onlyMySQLAccount(ctx, session)
	if err != nil {
		return dual{}, err
	}
	const reading, from = "reading mysql.user", " FROM mysql.user WHERE User = "
	where := from + quote(one.user) + " AND Host = " + quote(one.host)
	stored, err := session.pairs(ctx, reading, "SELECT plugin, COALESCE(JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password'), 0)"+where)
	if err != nil {
		return dual{}, err
	}
	reuse, err := session.pairs(ctx, reading, "SELECT COALESCE(Password_reuse_history, @@GLOBAL.password_history), COALESCE(Password_reuse_time, @@GLOBAL.password_reuse_interval)"+where)
	switch {
	case err != nil:
		return dual{}, err
	case len(stored) != 1 || len(reuse) != 1:
		return dual{}, rotation.Temporaryf("The account %s on %s was dropped or renamed in this moment. The rotation is tried again later.", one, t.server)
	case !slices.Contains(retainingPlugins, stored[0][0]):
		return dual{}, rotation.Permanentf("The account %s on %s logs in by a plugin that keeps no second password. Class O needs one of %s, such as caching_sha2_password; or set the tag RotationClass to A.", one, t.server, nativePlugin+", caching_sha2_password and sha256_password")
	}
	return dual{one, stored[0][0], stored[0][1] != "0", reuse[0] != [2]string{"0", "0"}}, nil
}

// holds reports whether the server accepts a password for an account. It chooses among accounts of
// one name by Rotunda's host.
func (t target) holds(ctx context.Context, a account, l login.Login) (bool, error) {
	own, verdict, err := t.server.logIn(ctx, l)
	if verdict != rotation.Accepted {
		if _, err = login.Answer(verdict, err); verdict == rotation.Rejected {
			err = nil
		}
		return false, err
	}
	defer own.close()
	self, err := own.self(ctx)
	if err == nil && self != a {
		err = rotation.Permanentf("The server %s logs Rotunda in as %s, and the tag CredentialId names the account %s. In class O, name the account that Rotunda's host has.", t.server, self, a)
	}
	return err == nil, err
}
