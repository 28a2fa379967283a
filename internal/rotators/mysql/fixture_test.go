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
		"CREATE USER "+app.sql()+identifiedFor(with)+" "+with,
	)
	return rotation.Subject{
		Name: "db", Owner: "contoso.vault.azure.net/db-" + strings.ToLower(rand.Text()[:8]),
		Address: addressOf(server), CredentialID: app.user, Tags: map[string]string{},
		Current: secret.NewValue(oldPassword), Admin: jsonValue(operator.user, operatorPassword),
		Trust: rotatortest.Trust(server.Roots),
	}, app
}

// identifiedFor returns the clause that sets oldPassword, unless with has one.
func identifiedFor(with string) string {
	if strings.HasPrefix(with, "IDENTIFIED ") {
		return ""
	}
	return " IDENTIFIED BY " + quote(oldPassword)
}

// newRole creates a role that may use the database app, and returns a secret of class A before its
// first rotation.
func newRole(t *testing.T, server *testserver.MariaDB) (rotation.Subject, account) {
	t.Helper()
	s, app := newAccount(t, server, "")
	role, operator := account{`ro'le ` + rand.Text()[:8], "%"}, operatorOf(t, s)
	server.Exec(
		t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "CREATE DATABASE IF NOT EXISTS app", "CREATE TABLE IF NOT EXISTS app.t (n INT)",
		"CREATE ROLE "+quote(role.user), "GRANT SELECT, INSERT ON app.* TO "+quote(role.user),
		"GRANT "+quote(role.user)+" TO "+operator.sql()+" WITH ADMIN OPTION",
		"GRANT "+quote(role.user)+" TO "+app.sql(),
		"GRANT SELECT ON mysql.roles_mapping TO "+operator.sql(),
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

// passCheck checks a provider, which must find nothing wrong.
func passCheck(t *testing.T, s rotation.Subject) (warnings []string) {
	t.Helper()
	warnings, err := Rotator{}.Check(t.Context(), s)
	rotatortest.Must(t, err)
	return warnings
}

// failCheck checks a provider, which must find exactly as many things wrong as there are texts, in
// any order.
func failCheck(t *testing.T, s rotation.Subject, texts ...string) {
	t.Helper()
	_, err := Rotator{}.Check(t.Context(), s)
	_ = rotatortest.Fault(t, err)
	if err == nil || strings.Count(err.Error(), "\n") != len(texts)-1 {
		t.Fatalf("not %d faults: %v", len(texts), err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%v does not contain %q", err, text)
		}
	}
}

// wantCause logs in with the current value, which the server must reject for a reason that the
// fault names.
func wantCause(t *testing.T, s rotation.Subject, text string) {
	t.Helper()
	verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
	if verdict != rotation.Rejected {
		t.Errorf("got %v", verdict)
	}
	rotatortest.WantPermanent(t, err, text)
}

// everything is all that the server knows of accounts and roles.
func everything(t *testing.T, server *testserver.MariaDB) string {
	t.Helper()
	return server.Ask(t, "SELECT GROUP_CONCAT(User, Host, Priv ORDER BY User, Host) FROM mysql.global_priv") +
		server.Ask(t, "SELECT COALESCE(GROUP_CONCAT(User, Host, Role, Admin_option ORDER BY User, Host, Role), '') FROM mysql.roles_mapping")
}
