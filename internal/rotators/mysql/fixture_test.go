package mysql

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

const (
	oldPassword      = `canary-o'ld\`
	newPassword      = "canary-new-2"
	operatorPassword = "canary-operator"
)

// newAccount creates an account with oldPassword, and an operator that changes it, with only the
// rights that docs/rotators.md asks for. Their names need proper quoting. with ends CREATE USER.
func newAccount(t *testing.T, server *testserver.MariaDB, with string) (rotation.Subject, account) {
	t.Helper()
	app := account{`o'Br\ien ` + rand.Text()[:8], "%"}
	operator := account{"operator " + rand.Text()[:8], "%"}
	server.Exec(
		t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'",
		"CREATE USER "+operator.sql()+" IDENTIFIED BY "+quote(operatorPassword),
		"GRANT CREATE USER ON *.* TO "+operator.sql(),
		"GRANT SELECT ON mysql.global_priv TO "+operator.sql(),
		"CREATE USER "+app.sql()+" IDENTIFIED BY "+quote(oldPassword)+" "+with,
	)
	return rotation.Subject{
		Name: "db", Address: addressOf(server), CredentialID: app.user, Tags: map[string]string{},
		Current: secret.NewValue(oldPassword), Admin: jsonValue(operator.user, operatorPassword),
		Trust: rotatortest.Trust(server.Roots),
	}, app
}

// newRole creates a role that may use the database app, and returns a secret of class A before its
// first rotation.
func newRole(t *testing.T, server *testserver.MariaDB) (rotation.Subject, account) {
	t.Helper()
	s, app := newAccount(t, server, "")
	role, operator := account{`ro'le ` + rand.Text()[:8], "%"}, operatorOf(t, s)
	server.Exec(
		t, "CREATE DATABASE IF NOT EXISTS app", "CREATE TABLE IF NOT EXISTS app.t (n INT)",
		"CREATE ROLE "+quote(role.user), "GRANT SELECT, INSERT ON app.* TO "+quote(role.user),
		"GRANT "+quote(role.user)+" TO "+operator.sql()+" WITH ADMIN OPTION",
	)
	s.Tags[rotation.TagClass], s.CredentialID, s.Current = "A", role.user, urlValue(app.user, oldPassword)
	return s, app
}

func operatorOf(t *testing.T, s rotation.Subject) account {
	t.Helper()
	l, err := login.ParseAdmin(s.Admin)
	rotatortest.Must(t, err)
	return account{l.User, "%"}
}

func addressOf(server *testserver.MariaDB) string {
	return "mysql://localhost:" + server.Port() + "?sslrootcert=roots.pem"
}

func jsonValue(user, password string) secret.Value {
	return secret.NewValue(fmt.Sprintf(`{"username":%q,"password":%q}`, user, password))
}

func urlValue(user, password string) secret.Value {
	u := url.URL{Scheme: "mysql", User: url.UserPassword(user, password), Host: "db", Path: "/app"}
	return secret.NewValue(u.String())
}

// identifiedBy returns what follows IDENTIFIED in the account's definition.
func identifiedBy(t *testing.T, server *testserver.MariaDB, app account) string {
	t.Helper()
	created := server.Ask(t, "SHOW CREATE USER '"+strings.NewReplacer("'", "''", `\`, `\\`).Replace(app.user)+"'@'"+app.host+"'")
	_, found, _ := strings.Cut(created, " IDENTIFIED ")
	return found
}

func native(password string) string { return nativeHash(secret.NewValue(password)) }
