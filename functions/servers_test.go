package functions_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rotunda/internal/standin/tds"
	"rotunda/internal/testserver"
	"rotunda/internal/wiretest"
)

// Rotations of logins of real servers, by the real handler.

// provider is a server that has the login app.
type provider struct {
	addr     string
	tags     map[string]string // of a secret that rotates the login
	alias    map[string]string // the tags that spell it otherwise
	accepted func(t *testing.T) int
	add      func(t *testing.T, password string) // by hand, beside the others
}

const firstPassword = "canary-first"

var providers = map[string]func(*testing.T, *wiretest.App) provider{
	"postgres": postgresLogin, "mariadb": mariaDBLogin, "redis": redisLogin, "ldap": ldapLogin, "sqlserver": sqlServerLogin,
}

// postgresLogin changes its own password, in class S.
func postgresLogin(t *testing.T, _ *wiretest.App) provider {
	server := testserver.StartPostgres(t, testserver.PostgresOptions{})
	server.Exec(t, "CREATE ROLE app LOGIN PASSWORD '"+firstPassword+"'")
	return provider{
		addr: server.Addr, tags: map[string]string{"ProviderAddress": "postgres://" + server.Addr + "/postgres?sslmode=disable"},
		alias: map[string]string{"ProviderAddress": "postgresql://" + onLocalhost(server.Addr) + "/template1?sslmode=disable"},
	}
}

// mariaDBLogin is an account of class O, which an administrator changes.
func mariaDBLogin(t *testing.T, app *wiretest.App) provider {
	server := testserver.StartMariaDB(t)
	server.Exec(t, "CREATE USER app IDENTIFIED BY '"+firstPassword+"'", "CREATE USER keeper IDENTIFIED BY 'canary-keeper'",
		"GRANT CREATE USER ON *.* TO keeper", "GRANT SELECT ON mysql.global_priv TO keeper")
	setTagged(t, app, "keeper", `{"username":"keeper","password":"canary-keeper"}`, map[string]string{"AdminFor": "mysql://" + server.Addr + ",mysql://" + onLocalhost(server.Addr)})
	return provider{
		addr: server.Addr, tags: map[string]string{"ProviderAddress": "mysql://" + server.Addr + "?sslmode=disable", "AdminSecret": "keeper"},
		alias: map[string]string{"ProviderAddress": "mariadb://" + onLocalhost(server.Addr) + "?sslmode=disable", "CredentialId": "app@%"},
		accepted: func(t *testing.T) int {
			return strings.Count(server.Ask(t, "SELECT Priv FROM mysql.global_priv WHERE User = 'app'"), `"*`)
		},
	}
}

// redisLogin is a user that changes its own password, in class O.
func redisLogin(t *testing.T, _ *wiretest.App) provider {
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	err := server.Client(t).Do(t.Context(), "ACL", "SETUSER", "app", "on", ">"+firstPassword, "+multi", "+exec", "+acl|setuser", "+acl|save", "+info").Err()
	if err != nil {
		t.Fatal(err)
	}
	return provider{
		addr: server.Addr, tags: map[string]string{"ProviderAddress": "redis://" + server.Addr},
		alias: map[string]string{"ProviderAddress": "redis://" + onLocalhost(server.Addr)},
		accepted: func(t *testing.T) int {
			user, err := server.Client(t).Do(t.Context(), "ACL", "GETUSER", "app").Result()
			if err != nil {
				t.Fatal(err)
			}
			return len(user.(map[any]any)["passwords"].([]any))
		},
		add: func(t *testing.T, password string) {
			if err := server.Client(t).Do(t.Context(), "ACL", "SETUSER", "app", ">"+password).Err(); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// ldapLogin is an entry of OpenLDAP that changes its own password, in class O.
func ldapLogin(t *testing.T, _ *wiretest.App) provider {
	server := testserver.StartSlapd(t, testserver.SlapdOptions{})
	dn := server.AddPerson(t, "app", firstPassword)
	address := "ldap://" + server.Addr + "?sslmode=disable"
	return provider{
		addr: server.Addr, tags: map[string]string{"ProviderAddress": address, "CredentialId": dn},
		alias:    map[string]string{"ProviderAddress": onLocalhost(address), "CredentialId": strings.ToUpper(dn)},
		accepted: func(t *testing.T) int { return len(server.Values(t, dn, "userPassword")) },
		add: func(t *testing.T, password string) {
			server.Replace(t, dn, "userPassword", append(server.Values(t, dn, "userPassword"), password)...)
		},
	}
}

// sqlServerLogin changes its own password, in class S. The server is a stand-in.
func sqlServerLogin(t *testing.T, _ *wiretest.App) provider {
	server := startSQLServer(t, "CREATE LOGIN app WITH PASSWORD = '"+firstPassword+"', CHECK_POLICY = OFF", "CREATE DATABASE shop", "CREATE DATABASE orders")
	for _, database := range []string{"shop", "orders"} {
		execIn(t, server, database, "CREATE USER app FOR LOGIN app")
	}
	return provider{
		addr: server.Addr(), tags: map[string]string{"ProviderAddress": "sqlserver://" + server.Addr() + "/shop?sslmode=disable"},
		alias: map[string]string{"ProviderAddress": "sqlserver://" + onLocalhost(server.Addr()) + "/orders?sslmode=disable"},
	}
}

// startSQLServer starts a stand-in for SQL Server, and runs statements there.
func startSQLServer(t *testing.T, statements ...string) *tds.Server {
	t.Helper()
	server, err := tds.Start("127.0.0.1:0", tds.Options{Admin: "sa", Password: "canary-of-the-Admin-1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	execIn(t, server, "master", statements...)
	return server
}

func execIn(t *testing.T, server *tds.Server, database string, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := server.Exec(database, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func onLocalhost(addr string) string { return strings.Replace(addr, "127.0.0.1", "localhost", 1) }

// setTagged sets a secret.
func setTagged(t *testing.T, app *wiretest.App, name, value string, tags map[string]string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"value": value, "tags": tags})
	if err != nil {
		t.Fatal(err)
	}
	if got := app.Do(t, http.MethodPut, "/secrets/"+name, string(body)); got.Status != http.StatusOK {
		t.Fatal(got)
	}
}

// with returns the provider's tags, and others.
func (p provider) with(more map[string]string) map[string]string {
	tags := map[string]string{"CredentialId": "app", "ValidityPeriodDays": "60"}
	maps.Copy(tags, p.tags)
	maps.Copy(tags, more)
	return tags
}

// must makes a POST whose answer has a status and contains a text.
func must(t *testing.T, app *wiretest.App, path string, status int, contains string) {
	t.Helper()
	got := app.Do(t, http.MethodPost, path, "")
	if got.Status != status || !strings.Contains(got.Body, contains) {
		t.Errorf("%s: %v does not have %d %q", path, got, status, contains)
	}
}

func valueOf(t *testing.T, app *wiretest.App, name string) string {
	t.Helper()
	got := app.Do(t, http.MethodGet, "/secrets/"+name, "", "Accept: text/plain", "Cache-Control: no-cache")
	if got.Status != http.StatusOK {
		t.Fatal(got)
	}
	return got.Body
}

// Two secrets for one login are found out, however their tags spell it: the second one is refused
// before anything is changed.
func TestTwinsInAnotherSpelling(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	for kind, start := range providers {
		p := start(t, app)
		one, two := kind+"-one", kind+"-two"
		setTagged(t, app, one, firstPassword, p.with(nil))
		must(t, app, "/secrets/"+one+"/rotate?wait=true", http.StatusOK, `"Succeeded"`)
		setTagged(t, app, two, valueOf(t, app, one), p.with(p.alias))
		must(t, app, "/secrets/"+two+"/rotate?dryRun=true", http.StatusOK, "The secret "+one+" rotates the same credential by another address")
		must(t, app, "/secrets/"+two+"/rotate?wait=true", http.StatusConflict, one)
		if valueOf(t, app, one) != valueOf(t, app, two) {
			t.Errorf("%s: something was changed", kind)
		}
		app.Do(t, http.MethodPatch, "/secrets/"+one, `{"tags":{}}`)
		must(t, app, "/secrets/"+two+"/rotate?dryRun=true", http.StatusOK, `"ready":true`)
	}
}

// The current value, set again in another form in the grace period, does not keep the old
// credential from ending.
func TestTheSameLoginInAnotherFormDuringGrace(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	for _, kind := range []string{"mariadb", "redis", "ldap"} {
		p := providers[kind](t, app)
		setTagged(t, app, kind, firstPassword, p.with(nil))
		must(t, app, "/secrets/"+kind+"/rotate?wait=true", http.StatusOK, `"retiring"`)
		password := valueOf(t, app, kind)
		setTagged(t, app, kind, fmt.Sprintf(`{"username":"app","password":%q}`, password), p.with(nil))
		must(t, app, "/secrets/"+kind+"/rotation/retire", http.StatusOK, `"closed"`)
		if p.accepted(t) != 1 {
			t.Errorf("%s accepts %d passwords", kind, p.accepted(t))
		}
		must(t, app, "/secrets/"+kind+"/rotate?dryRun=true&retire=now", http.StatusOK, `"ready":true`)
	}
}

// After a leak, one request ends every older credential, and a rollback does not bring one back.
func TestALeakedPasswordStaysEnded(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	for kind, start := range providers {
		p := start(t, app)
		setTagged(t, app, kind, firstPassword, p.with(nil))
		must(t, app, "/secrets/"+kind+"/rotate?wait=true", http.StatusOK, `"Succeeded"`)
		setTagged(t, app, kind, fmt.Sprintf(`{"username":"app","password":%q}`, valueOf(t, app, kind)), p.with(nil)) // by hand, in between
		must(t, app, "/secrets/"+kind+"/rotate?retire=now&wait=true", http.StatusOK, `"closed"`)
		latest := valueOf(t, app, kind)
		if p.accepted != nil && p.accepted(t) != 1 {
			t.Errorf("%s accepts %d passwords", kind, p.accepted(t))
		}
		must(t, app, "/secrets/"+kind+"/rotation/rollback", http.StatusConflict, "rotate?retire=now")
		if valueOf(t, app, kind) != latest || p.accepted != nil && p.accepted(t) != 1 {
			t.Errorf("%s: something was changed", kind)
		}
		must(t, app, "/secrets/"+kind+"/rotate?retire=now&wait=true", http.StatusOK, `"closed"`)
	}
}

// One request ends every older password also where somebody else has set another one in the grace
// period.
func TestOneRequestEndsEveryOlderPassword(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	for _, kind := range []string{"redis", "ldap"} {
		p := providers[kind](t, app)
		setTagged(t, app, kind, firstPassword, p.with(nil))
		must(t, app, "/secrets/"+kind+"/rotate?wait=true", http.StatusOK, `"retiring"`)
		p.add(t, "canary-by-hand")
		setTagged(t, app, kind, "canary-by-hand", p.with(nil))
		must(t, app, "/secrets/"+kind+"/rotate?retire=now&wait=true", http.StatusOK, `"closed"`)
		if p.accepted(t) != 1 || valueOf(t, app, kind) == "canary-by-hand" {
			t.Errorf("%s: %d passwords", kind, p.accepted(t))
		}
	}
}

// When the notes beside the locks are lost in the grace period, whoever cancels the rotation is
// told which credential stays valid. The status says so, too, also after the tags are gone.
func TestCancelledInGraceWithoutNotes(t *testing.T) {
	locks := t.TempDir()
	app := wiretest.Start(t, wiretest.Options{Env: []string{"ROTATION_LOCK_FOLDER=" + locks}})
	p := redisLogin(t, app)
	setTagged(t, app, "cache", firstPassword, p.with(nil))
	old := strings.Trim(app.Do(t, http.MethodGet, "/secrets/cache", "").Header.Get("ETag"), `"`)
	must(t, app, "/secrets/cache/rotate?wait=true", http.StatusOK, `"retiring"`)
	removeAll(t, locks)
	stays := "version " + old + ", stays valid"
	must(t, app, "/secrets/cache/rotation/cancel", http.StatusOK, stays)
	if p.accepted(t) != 2 {
		t.Errorf("%d passwords", p.accepted(t))
	}
	app.Do(t, http.MethodPatch, "/secrets/cache", `{"tags":{}}`)
	if got := app.Do(t, http.MethodGet, "/secrets/cache/rotation", ""); !strings.Contains(got.Body, stays) {
		t.Errorf("status: %v", got)
	}
}

func removeAll(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
}
