package rotators

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

const (
	mysqlOld      = `canary-o'ld\`
	mysqlNew      = "canary-new-2"
	mysqlOperator = "canary-operator"
)

// newMySQLAccount makes an account with mysqlOld, and one with no more rights than the rotator's page says, which changes it.
// Its name is one that only proper quoting gets right. with stands at the end of CREATE USER.
func newMySQLAccount(t *testing.T, server *testserver.MariaDB, with string) (rotation.Subject, mysqlAccount) {
	t.Helper()
	account := mysqlAccount{`o'Br\ien ` + rand.Text()[:8], "%"}
	operator := mysqlAccount{"operator " + rand.Text()[:8], "%"}
	server.Exec(
		t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'",
		"CREATE USER "+operator.sql()+" IDENTIFIED BY "+quoteSQL(mysqlOperator),
		"GRANT CREATE USER ON *.* TO "+operator.sql(),
		"GRANT SELECT ON mysql.global_priv TO "+operator.sql(),
		"CREATE USER "+account.sql()+" IDENTIFIED BY "+quoteSQL(mysqlOld)+" "+with,
	)
	return rotation.Subject{
		Name: "db", Address: mysqlAddressOf(server), CredentialID: account.user, Tags: map[string]string{},
		Current: secret.NewValue(mysqlOld), Admin: mysqlJSON(operator.user, mysqlOperator),
	}, account
}

// newMySQLRole makes a role that may use the database app, and gives a secret that is about to alternate.
func newMySQLRole(t *testing.T, server *testserver.MariaDB) (rotation.Subject, mysqlAccount) {
	t.Helper()
	s, account := newMySQLAccount(t, server, "")
	role, operator := mysqlAccount{`ro'le ` + rand.Text()[:8], "%"}, operatorOf(t, s)
	server.Exec(
		t, "CREATE DATABASE IF NOT EXISTS app", "CREATE TABLE IF NOT EXISTS app.t (n INT)",
		"CREATE ROLE "+quoteSQL(role.user), "GRANT SELECT, INSERT ON app.* TO "+quoteSQL(role.user),
		"GRANT "+quoteSQL(role.user)+" TO "+operator.sql()+" WITH ADMIN OPTION",
	)
	s.Tags[tagClass], s.CredentialID, s.Current = "A", role.user, mysqlURL(account.user, mysqlOld)
	return s, account
}

func operatorOf(t *testing.T, s rotation.Subject) mysqlAccount {
	t.Helper()
	l, err := parseAdmin(s.Admin)
	must(t, err)
	return mysqlAccount{l.user, "%"}
}

func mysqlAddressOf(server *testserver.MariaDB) string {
	return "mysql://localhost:" + server.Port() + "?sslrootcert=" + url.QueryEscape(server.Roots)
}

func mysqlJSON(user, password string) secret.Value {
	return secret.NewValue(fmt.Sprintf(`{"username":%q,"password":%q}`, user, password))
}

func mysqlURL(user, password string) secret.Value {
	u := url.URL{Scheme: "mysql", User: url.UserPassword(user, password), Host: "db", Path: "/app"}
	return secret.NewValue(u.String())
}

// ways is what an account has after IDENTIFIED, and whatever else.
func ways(t *testing.T, server *testserver.MariaDB, account mysqlAccount) string {
	t.Helper()
	created := server.Ask(t, "SHOW CREATE USER '"+strings.NewReplacer("'", "''", `\`, `\\`).Replace(account.user)+"'@'"+account.host+"'")
	_, found, _ := strings.Cut(created, " IDENTIFIED ")
	return found
}

func native(password string) string { return nativeHash(secret.NewValue(password)) }
