package postgres

import (
	"context"
	"crypto/rand"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

// application is an owner role, its database, and an administrator that is not a superuser.
type application struct {
	*testserver.Postgres
	owner, database, admin string
	address                string
}

const (
	canaryOwner = "canary-of-the-owner"
	canaryAdmin = "canary-of-the-admin"
)

// newApplication uses names that need proper quoting.
func newApplication(t *testing.T, server *testserver.Postgres) application {
	t.Helper()
	name := `Own"er '` + rand.Text()[:8]
	app := application{server, name, strings.ToLower(name), name + " admin", ""}
	app.address = "postgres://localhost:" + server.Addr[strings.LastIndex(server.Addr, ":")+1:] + "/" + url.PathEscape(app.database) +
		"?sslmode=verify-full&sslrootcert=roots.pem"
	owner, admin := quoteIdentifier(app.owner), quoteIdentifier(app.admin)
	server.Exec(t, "CREATE ROLE "+owner+" LOGIN PASSWORD '"+verifierOf(t, canaryOwner)+"'")
	server.Exec(t, "CREATE ROLE "+admin+" LOGIN CREATEROLE PASSWORD '"+verifierOf(t, canaryAdmin)+"'")
	server.Exec(t, "GRANT "+owner+" TO "+admin+" WITH ADMIN OPTION")
	server.Exec(t, "CREATE DATABASE "+quoteIdentifier(app.database)+" OWNER "+owner)
	return app
}

func verifierOf(t *testing.T, password string) string {
	t.Helper()
	verifier, err := newVerifier(secret.NewValue(password))
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

// alternating is a secret of class A before its first rotation: the owner itself logs in.
func (app application) alternating() rotation.Subject {
	s := app.single()
	s.Admin = urlValue(app.admin, canaryAdmin)
	return s
}

// single is a secret of class S.
func (app application) single() rotation.Subject {
	return rotation.Subject{
		Name: "app-db", Owner: "vault.example/app-db", Address: app.address, CredentialID: app.owner, Tags: map[string]string{},
		Current: urlValue(app.owner, canaryOwner), Trust: rotatortest.Trust(app.Roots),
	}
}

func urlValue(user, password string) secret.Value {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: "localhost", Path: "/app"}
	return secret.NewValue(u.String())
}

func plan(t *testing.T, s rotation.Subject) rotation.Plan {
	t.Helper()
	p, err := Rotator{}.Plan(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func apply(t *testing.T, s rotation.Subject, next secret.Value) {
	t.Helper()
	if err := (Rotator{}).Apply(t.Context(), s, next, rotatortest.Unfenced); err != nil {
		t.Fatal(err)
	}
}

func retire(t *testing.T, s rotation.Subject, old secret.Value) {
	t.Helper()
	rotatortest.Retire(t, Rotator{}, s, old.Reveal())
}

func probes(t *testing.T, s rotation.Subject, value secret.Value, want rotation.Verdict) {
	t.Helper()
	rotatortest.WantVerdict(t, Rotator{}, s, value.Reveal(), want)
}

// as runs statements as the login in a value, and returns the first column of the last one's rows.
func (app application) as(t *testing.T, value secret.Value, sql string) string {
	t.Helper()
	l, err := login.Parse(value, "")
	if err != nil {
		t.Fatal(err)
	}
	conn := app.Connect(t, app.database, l.User, l.Password.Reveal())
	defer func() { _ = conn.Close(context.Background()) }()
	results, err := conn.Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var column []string
	for _, row := range results[len(results)-1].Rows {
		column = append(column, string(row[0]))
	}
	return strings.Join(column, " ")
}

// administer creates a role that the administrator may change. From version 16 on, CREATEROLE is
// not enough for that.
func (app application) administer(t *testing.T, name, options string) {
	t.Helper()
	app.Exec(t, "CREATE ROLE "+quoteIdentifier(name)+" "+options+"; GRANT "+quoteIdentifier(name)+" TO "+quoteIdentifier(app.admin)+" WITH ADMIN OPTION")
}

// version returns the server's major version.
func (app application) version(t *testing.T) int {
	t.Helper()
	version, err := strconv.Atoi(app.Exec(t, "SHOW server_version_num")[0][0])
	if err != nil {
		t.Fatal(err)
	}
	return version / 10000
}
