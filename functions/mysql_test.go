package functions_test

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"rotunda/internal/needed"
	"rotunda/internal/standin/ca"
	"rotunda/internal/standin/mysqld"
	"rotunda/internal/wiretest"
)

// mySQL is a stand-in of MySQL, and what its clients trust.
type mySQL struct {
	*mysqld.Server
	folder string // with roots.pem
	roots  *x509.CertPool
}

// startMySQL starts a stand-in with an account app, and keeper, which may change it.
func startMySQL(t *testing.T) mySQL {
	t.Helper()
	signer, err := ca.New()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := signer.Certificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	server, err := mysqld.Start(certificate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	server.Create(mysqld.Account{User: "app", Host: "%", First: firstPassword})
	server.Create(mysqld.Account{User: "keeper", Host: "%", First: "canary-keeper", CreateUser: true, ReadUser: true})
	folder := t.TempDir()
	if err := signer.WriteFile(filepath.Join(folder, "roots.pem")); err != nil {
		t.Fatal(err)
	}
	return mySQL{server, folder, signer.Pool()}
}

// wantLogins logs in as app with passwords.
func (m mySQL) wantLogins(t *testing.T, passwords map[string]bool) {
	t.Helper()
	m.wantLoginsOf(t, "app", passwords)
}

// wantLoginsOf logs in with passwords as Go's driver does.
func (m mySQL) wantLoginsOf(t *testing.T, user string, passwords map[string]bool) {
	t.Helper()
	for password, accepted := range passwords {
		config := mysql.NewConfig()
		config.User, config.Passwd, config.Net, config.Addr = user, password, "tcp", m.Addr
		config.TLS = &tls.Config{RootCAs: m.roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
		config.Logger = &mysql.NopLogger{}
		connector, err := mysql.NewConnector(config)
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		err = db.PingContext(t.Context())
		_ = db.Close()
		if (err == nil) != accepted {
			t.Errorf("accepted: %v, not %v (%v)", err == nil, accepted, err)
		}
	}
}

// A login of MySQL in class O: readers with the old value go on until it is retired, also after a
// rollback, which makes the older password the account's second one.
func TestAMySQLPasswordRotates(t *testing.T) {
	server := startMySQL(t)
	app := wiretest.Start(t, wiretest.Options{Env: []string{"ROTATION_CA_FOLDER=" + server.folder}})
	setMySQL(t, app, server)
	must(t, app, "/secrets/db/rotate?dryRun=true", http.StatusOK, `"ready":true`)
	must(t, app, "/secrets/db/rotate?wait=true", http.StatusOK, `"retiring"`)
	second := valueOf(t, app, "db")
	server.wantLogins(t, map[string]bool{firstPassword: true, second: true})
	must(t, app, "/secrets/db/rotation/rollback", http.StatusOK, "")
	if now := valueOf(t, app, "db"); now != firstPassword {
		t.Fatal("the rollback did not publish the old value")
	}
	server.wantLogins(t, map[string]bool{firstPassword: true})
	must(t, app, "/secrets/db/rotation/retire", http.StatusOK, `"closed"`)
	server.wantLogins(t, map[string]bool{firstPassword: true, second: false})
	must(t, app, "/secrets/db/rotate?retire=now&wait=true", http.StatusOK, `"closed"`)
	server.wantLogins(t, map[string]bool{firstPassword: false, second: false, valueOf(t, app, "db"): true})
}

// A login of MySQL in class S, which changes its own password or has it changed.
func TestAMySQLPasswordIsReplaced(t *testing.T) {
	for name, admin := range map[string]string{"by an administrator": "db-admin", "by itself": ""} {
		t.Run(name, func(t *testing.T) {
			server := startMySQL(t)
			app := wiretest.Start(t, wiretest.Options{Env: []string{"ROTATION_CA_FOLDER=" + server.folder}})
			setMySQLOf(t, app, server, firstPassword, map[string]string{"CredentialId": "app", "AdminSecret": admin, "RotationClass": "S"})
			must(t, app, "/secrets/db/rotate?dryRun=true", http.StatusOK, `"ready":true`)
			must(t, app, "/secrets/db/rotate?retire=now&wait=true", http.StatusOK, `"closed"`)
			server.wantLogins(t, map[string]bool{firstPassword: false, valueOf(t, app, "db"): true})
			if changes := server.Changes(); !slices.Equal(changes, []string{mysqld.Set}) {
				t.Error(changes)
			}
		})
	}
}

// startMySQLPair starts a stand-in with a role, and sets a secret of class A.
func startMySQLPair(t *testing.T) (mySQL, *wiretest.App) {
	t.Helper()
	server := startMySQL(t)
	server.Create(mysqld.Account{User: "orders", Host: "%", Locked: true})
	server.Create(mysqld.Account{User: "app", Host: "%", First: firstPassword, Roles: []mysqld.Role{{Name: "orders"}}, TLS: true, Limits: mysqld.Limits{Connections: 20}})
	server.Create(mysqld.Account{User: "keeper", Host: "%", First: "canary-keeper", CreateUser: true, ReadUser: true, Roles: []mysqld.Role{{Name: "orders", Admin: true}}})
	app := wiretest.Start(t, wiretest.Options{Env: []string{"ROTATION_CA_FOLDER=" + server.folder}})
	setMySQLOf(t, app, server, `{"username":"app","password":"`+firstPassword+`"}`,
		map[string]string{"CredentialId": "orders", "AdminSecret": "db-admin", "RotationClass": "A"})
	return server, app
}

// loginOf returns the user and password of the secret's value.
func loginOf(t *testing.T, app *wiretest.App) (user, password string) {
	t.Helper()
	var value struct{ Username, Password string }
	if err := json.Unmarshal([]byte(valueOf(t, app, "db")), &value); err != nil {
		t.Fatal(err)
	}
	return value.Username, value.Password
}

// Two accounts of MySQL take turns in class A. Each has the role, the limits and the mark; the one
// that is retired is locked, and its password is gone.
func TestMySQLAccountsRotate(t *testing.T) {
	server, app := startMySQLPair(t)
	must(t, app, "/secrets/db/rotate?dryRun=true", http.StatusOK, `"ready":true`)
	must(t, app, "/secrets/db/rotate?wait=true", http.StatusOK, `"retiring"`)
	user, password := loginOf(t, app)
	server.wantLogins(t, map[string]bool{firstPassword: true})
	server.wantLoginsOf(t, user, map[string]bool{password: true})
	must(t, app, "/secrets/db/rotation/retire", http.StatusOK, `"closed"`)
	server.wantLogins(t, map[string]bool{firstPassword: false})
	for _, next := range []string{"orders_b", "orders_a"} {
		must(t, app, "/secrets/db/rotate?retire=now&wait=true", http.StatusOK, `"closed"`)
		before, old := user, password
		if user, password = loginOf(t, app); user != next {
			t.Errorf("%s is not next", user)
		}
		server.wantLoginsOf(t, before, map[string]bool{old: false})
		server.wantLoginsOf(t, user, map[string]bool{password: true})
		a, retired := server.Account(user, "%"), server.Account(before, "%")
		if a.DefaultRole != "orders" || !a.TLS || a.Limits.Connections != 20 || !strings.HasPrefix(a.Attribute, "rotunda:") || !retired.Locked || retired.First == old {
			t.Errorf("%+v, %+v", a, retired)
		}
	}
}

// A handler that is killed at a change of the pair leaves one account in use.
func TestAMySQLPairsRotationGoesOnAfterAKill(t *testing.T) {
	for _, change := range []string{mysqld.Create, mysqld.Grant, mysqld.Default, mysqld.Unlock, mysqld.Lock, mysqld.Discard} {
		t.Run(change, func(t *testing.T) {
			server, app := startMySQLPair(t)
			killed := make(chan error, 1)
			server.Interrupt(change, true, func() { killed <- app.Host.KillHandler() })
			for tries := 1; !finished(t, app, "/secrets/db/rotate?retire=now&wait=true"); tries++ {
				if tries > 20 {
					t.Fatal("the rotation does not end")
				}
			}
			if err := <-killed; err != nil {
				t.Error(err)
			}
			user, password := loginOf(t, app)
			server.wantLoginsOf(t, user, map[string]bool{password: true})
			// The call after the kill may have resumed the rotation, or begun the next one.
			if a := server.Account("orders_a", "%"); a.Locked != (user == "orders_b") {
				t.Errorf("%s is in use, and orders_a: %+v", user, a)
			}
			server.wantLogins(t, map[string]bool{firstPassword: false})
		})
	}
}

// A handler that is killed before or after a change of the account goes on with the same password.
func TestAMySQLRotationGoesOnAfterAKill(t *testing.T) {
	for name, after := range map[string]bool{"before": false, "after": true} {
		for _, change := range []string{mysqld.Retain, mysqld.Set, mysqld.Discard} {
			t.Run(name+" "+change, func(t *testing.T) { killAtMySQLChange(t, change, after) })
		}
	}
}

func killAtMySQLChange(t *testing.T, change string, after bool) {
	server := startMySQL(t)
	app := wiretest.Start(t, wiretest.Options{Env: []string{"ROTATION_CA_FOLDER=" + server.folder}})
	setMySQL(t, app, server)
	killed := make(chan error, 1)
	server.Interrupt(change, after, func() { killed <- app.Host.KillHandler() })
	for tries := 1; !finished(t, app, "/secrets/db/rotate?retire=now&wait=true"); tries++ {
		server.wantLogins(t, map[string]bool{valueOf(t, app, "db"): true})
		if tries > 20 {
			t.Fatal("the rotation does not end")
		}
	}
	if err := <-killed; err != nil {
		t.Error(err)
	}
	now := valueOf(t, app, "db")
	server.wantLogins(t, map[string]bool{firstPassword: false, now: true})
	if a := server.Account("app", "%"); a.First != now || a.Second != "" {
		t.Error("the account does not have the secret's password alone")
	}
}

// setMySQL sets a secret of class O, and its administrator's.
func setMySQL(t *testing.T, app *wiretest.App, server mySQL) {
	t.Helper()
	setMySQLOf(t, app, server, firstPassword, map[string]string{"CredentialId": "app", "AdminSecret": "db-admin"})
}

// setMySQLOf sets a secret with these tags, and its administrator's. An empty tag is left out.
func setMySQLOf(t *testing.T, app *wiretest.App, server mySQL, value string, tags map[string]string) {
	t.Helper()
	setTagged(t, app, "db-admin", `{"username":"keeper","password":"canary-keeper"}`, map[string]string{"AdminFor": "mysql://" + server.Addr})
	maps.DeleteFunc(tags, func(_, text string) bool { return text == "" })
	tags["ProviderAddress"], tags["ValidityPeriodDays"] = "mysql://"+server.Addr+"?sslrootcert=roots.pem", "60"
	setTagged(t, app, "db", value, tags)
}

// The stand-in is judged by another client than the one that the rotator has.
func TestTheStandInOfMySQLServesMariaDBsClient(t *testing.T) {
	client := needed.Tool(t, "mariadb")
	server := startMySQL(t)
	host, port, _ := strings.Cut(server.Addr, ":")
	for password, says := range map[string]string{firstPassword: "app@%", "canary-wrong": "ERROR 1045"} {
		out, _ := exec.CommandContext(t.Context(), client, "--no-defaults", "--host="+host, "--port="+port, "--user=app", "--password="+password, "--protocol=tcp",
			"--ssl-ca="+filepath.Join(server.folder, "roots.pem"), "--ssl-verify-server-cert", "-Ne", "SELECT CURRENT_USER()").CombinedOutput()
		if !strings.Contains(string(out), says) {
			t.Errorf("want %s: %s", says, out)
		}
	}
}
