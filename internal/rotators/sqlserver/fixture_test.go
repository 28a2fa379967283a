package sqlserver

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/ca"
	"rotunda/internal/standin/tds"
)

const (
	canaryAdmin = "canary-of-the-Admin-1"
	canaryFirst = "canary'of the First;1"
	canaryNext  = "canary-the-Next-2"
)

// application is a database of a stand-in, with a role, a login that has it, and an administrator
// that is not a sysadmin. Names need proper quoting.
type application struct {
	*tds.Server
	roots    string
	database string
	role     string
	login    string
	keeper   string
}

// kind is where the application's logins are.
type kind int

const (
	ofServer   kind = iota // logins of the server
	ofDatabase             // users of a contained database
	ofAzure                // users of a database of Azure SQL
)

var kinds = map[string]kind{"logins": ofServer, "contained users": ofDatabase, "users of Azure SQL": ofAzure}

// authority signs the certificates of all stand-ins. The process trusts it as one of the system's.
var authority = sync.OnceValues(ca.New)

func TestMain(m *testing.M) { os.Exit(main(m)) }

func main(m *testing.M) int {
	folder, err := os.MkdirTemp("", "rotunda-sqlserver-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	signer, err := authority()
	file := filepath.Join(folder, "roots.pem")
	if err = errors.Join(err, signer.WriteFile(file), os.Setenv("SSL_CERT_FILE", file)); err != nil {
		panic(err)
	}
	return m.Run()
}

func start(t *testing.T, options tds.Options) (server *tds.Server, roots string) {
	t.Helper()
	signer, err := authority()
	rotatortest.Must(t, err)
	certificate, err := signer.Certificate("localhost", "*.database.windows.net", "*.worker.database.windows.net")
	rotatortest.Must(t, err)
	options.Certificate, options.Admin, options.Password = &certificate, "sa", canaryAdmin
	server, err = tds.Start("127.0.0.1:0", options)
	rotatortest.Must(t, err)
	t.Cleanup(func() { _ = server.Close() })
	roots = filepath.Join(t.TempDir(), "roots.pem")
	rotatortest.Must(t, signer.WriteFile(roots))
	return server, roots
}

func newApplication(t *testing.T, k kind, options tds.Options) application {
	t.Helper()
	if k == ofAzure {
		options.Edition = "5"
	}
	server, roots := start(t, options)
	app := application{server, roots, "shop's", "Ord]er's", "First 'one'", "the keeper"}
	app.exec(t, "master", "CREATE DATABASE "+quoteName(app.database)+map[kind]string{ofDatabase: " CONTAINMENT = PARTIAL"}[k],
		"CREATE LOGIN "+quoteName(app.keeper)+" WITH PASSWORD = "+quoteText(canaryAdmin))
	app.in(t, "CREATE ROLE "+quoteName(app.role), "CREATE USER "+quoteName(app.keeper)+" FOR LOGIN "+quoteName(app.keeper),
		"GRANT ALTER ANY USER TO "+quoteName(app.keeper), "GRANT ALTER ON ROLE::"+quoteName(app.role)+" TO "+quoteName(app.keeper))
	if k == ofServer {
		app.exec(t, "master", "GRANT ALTER ANY LOGIN TO "+quoteName(app.keeper))
	}
	app.add(t, k, app.login, canaryFirst)
	app.in(t, "ALTER ROLE "+quoteName(app.role)+" ADD MEMBER "+quoteName(app.login))
	return app
}

// add creates a login with a user, or a user with a password.
func (app application) add(t *testing.T, k kind, name, password string) {
	t.Helper()
	if k != ofServer {
		app.in(t, "CREATE USER "+quoteName(name)+" WITH PASSWORD = "+quoteText(password))
		return
	}
	app.exec(t, "master", "CREATE LOGIN "+quoteName(name)+" WITH PASSWORD = "+quoteText(password))
	app.in(t, "CREATE USER "+quoteName(name)+" FOR LOGIN "+quoteName(name))
}

func (app application) exec(t *testing.T, database string, batches ...string) {
	t.Helper()
	for _, batch := range batches {
		if _, err := app.Exec(database, batch); err != nil {
			t.Fatalf("%s: %v", batch, err)
		}
	}
}

func (app application) in(t *testing.T, batches ...string) {
	t.Helper()
	app.exec(t, app.database, batches...)
}

func (app application) address(database string) string {
	return "sqlserver://localhost:" + app.Addr()[strings.LastIndex(app.Addr(), ":")+1:] + "/" + url.PathEscape(database) + "?sslmode=verify-full&sslrootcert=roots.pem"
}

// single is a secret of class S whose login changes its own password.
func (app application) single() rotation.Subject {
	return rotation.Subject{
		Name: "app-db", Owner: "vault.example/app-db", Address: app.address(app.database), CredentialID: app.login, Tags: map[string]string{},
		Current: jsonValue(app.login, canaryFirst), Trust: rotatortest.Trust(app.roots),
	}
}

// byAdmin is a secret of class S whose login an administrator changes.
func (app application) byAdmin() rotation.Subject {
	s := app.single()
	s.Admin, s.Tags = jsonValue(app.keeper, canaryAdmin), map[string]string{rotation.TagClass: "S"}
	return s
}

// alternating is a secret of class A before its first rotation.
func (app application) alternating() rotation.Subject {
	s := app.single()
	s.Admin, s.CredentialID = jsonValue(app.keeper, canaryAdmin), app.role
	return s
}

func jsonValue(user, password string) secret.Value {
	return secret.NewValue(`{"username":"` + user + `","password":"` + password + `"}`)
}

func plan(t *testing.T, s rotation.Subject) rotation.Plan {
	t.Helper()
	p, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	return p
}

func apply(t *testing.T, s rotation.Subject, next secret.Value) {
	t.Helper()
	rotatortest.Apply(t, Rotator{}, s, next.Reveal())
}

func retire(t *testing.T, s rotation.Subject, old secret.Value) {
	t.Helper()
	rotatortest.Retire(t, Rotator{}, s, old.Reveal())
}

func probes(t *testing.T, s rotation.Subject, value secret.Value, want rotation.Verdict) {
	t.Helper()
	rotatortest.WantVerdict(t, Rotator{}, s, value.Reveal(), want)
}

func ready(t *testing.T, s rotation.Subject) []string {
	t.Helper()
	warnings, err := Rotator{}.Check(t.Context(), s)
	if fault := rotatortest.Fault(t, err); fault != nil {
		t.Fatal(fault)
	}
	return warnings
}

// rotated rotates a secret once, without the retiring.
func rotated(t *testing.T, s rotation.Subject) rotation.Subject {
	t.Helper()
	next := plan(t, s).Next
	apply(t, s, next)
	probes(t, s, next, rotation.Accepted)
	s.Current = next
	return s
}

// refuses checks that a dry run reports a text, and that Apply fails with it.
func refuses(t *testing.T, s rotation.Subject, text string) {
	t.Helper()
	_, err := Rotator{}.Check(t.Context(), s)
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("Check: %v does not contain %q", err, text)
	}
	rotatortest.RefuseApply(t, Rotator{}, s, plan(t, s).Next.Reveal(), text)
}

func userOf(t *testing.T, value secret.Value) string {
	t.Helper()
	l, err := login.Parse(value, "")
	rotatortest.Must(t, err)
	return l.User
}

// fixed is a secret of a server that no test calls.
func fixed() rotation.Subject {
	return rotation.Subject{
		Name: "db", Owner: "vault.example/db", Address: "sqlserver://db.example.com/shop", CredentialID: "app", Tags: map[string]string{},
		Current: jsonValue("app", canaryFirst),
	}
}

// other is the same secret in another name.
func other(s rotation.Subject) rotation.Subject {
	s.Owner = "vault.example/other-db"
	return s
}

func targetOf(t *testing.T, s rotation.Subject) target {
	t.Helper()
	found, err := Rotator{}.readTarget(s)
	rotatortest.Must(t, err)
	return found
}

// at is a secret whose server is a rogue, without TLS.
func at(rogue *rotatortest.Rogue) rotation.Subject {
	s := fixed()
	s.Address = "sqlserver://" + rogue.Addr + "/shop?sslmode=disable"
	return s
}

// reset gives the application's login its first password.
func (app application) reset(t *testing.T, k kind) {
	t.Helper()
	what := "USER "
	if k == ofServer {
		what = "LOGIN "
	}
	app.in(t, "ALTER "+what+quoteName(app.login)+" WITH PASSWORD = "+quoteText(canaryFirst))
}
