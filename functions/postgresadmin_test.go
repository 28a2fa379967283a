package functions_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/testserver"
	"rotunda/internal/wiretest"
)

// startAdministrators starts a server whose administrators are the role dba, and sets two secrets:
// dba, with the login boss at first, and orders, which dba's login rotates.
func startAdministrators(t *testing.T, app *wiretest.App) *testserver.Postgres {
	t.Helper()
	server := testserver.StartPostgres(t, testserver.PostgresOptions{})
	server.Exec(t, "CREATE ROLE boss LOGIN CREATEROLE CREATEDB PASSWORD 'canary-boss'; CREATE ROLE dba CREATEROLE CREATEDB; GRANT dba TO boss WITH ADMIN OPTION; "+
		"CREATE ROLE orders LOGIN PASSWORD '"+firstPassword+"'; GRANT orders TO dba WITH ADMIN OPTION")
	address := "postgres://" + server.Addr
	setTagged(t, app, "dba", "postgres://boss:canary-boss@"+server.Addr+"/postgres", map[string]string{
		"ProviderAddress": address + "/postgres?sslmode=disable", "CredentialId": "dba", "RotationClass": "A", "AdminFor": address, "ValidityPeriodDays": "60",
	})
	setTagged(t, app, "orders", `{"username":"orders","password":"`+firstPassword+`"}`, map[string]string{
		"ProviderAddress": address + "/postgres?sslmode=disable", "CredentialId": "orders", "AdminSecret": "dba", "ValidityPeriodDays": "60",
	})
	return server
}

// An administrator's own secret takes turns while other secrets use it: none of its values is
// refused before its grace period ends, and none is accepted afterwards.
func TestAnAdministratorTakesTurnsWhileItRotatesOthers(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	startAdministrators(t, app)
	old := valueOf(t, app, "dba")
	for turn, user := range []string{"dba_a", "dba_b", "dba_a"} {
		must(t, app, "/secrets/dba/rotate?dryRun=true&retire=now", http.StatusOK, `"ready":true`)
		must(t, app, "/secrets/dba/rotate?wait=true&retire=now", http.StatusOK, `"closed"`)
		value := valueOf(t, app, "dba")
		if !strings.Contains(value, "://"+user+":") {
			t.Fatalf("turn %d is not %s's", turn, user)
		}
		if logsIn(t, old) || !logsIn(t, value) {
			t.Errorf("turn %d: the old value logs in, or the new one does not", turn)
		}
		old = value
		must(t, app, "/secrets/orders/rotate?wait=true&retire=now", http.StatusOK, `"closed"`)
	}
}

// A grace period keeps both logins valid, a rollback makes the old one the latest, and what was
// applied and given up is taken back.
func TestAnAdministratorIsRolledBack(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	server := startAdministrators(t, app)
	first := valueOf(t, app, "dba")
	must(t, app, "/secrets/dba/rotate?wait=true", http.StatusOK, `"retiring"`)
	second := valueOf(t, app, "dba")
	if !logsIn(t, first) || !logsIn(t, second) {
		t.Error("one of the two does not log in during the grace period")
	}
	must(t, app, "/secrets/dba/rotation/rollback", http.StatusOK, `"retiring"`)
	must(t, app, "/secrets/dba/rotation/retire", http.StatusOK, `"closed"`)
	if valueOf(t, app, "dba") != first || !logsIn(t, first) || logsIn(t, second) {
		t.Error("the rollback left the wrong login")
	}
	if rows := server.Exec(t, "SELECT FROM pg_authid WHERE rolname LIKE 'dba\\_%' AND rolpassword IS NOT NULL"); len(rows) != 0 {
		t.Error("a login that nobody uses has a password")
	}
	must(t, app, "/secrets/dba/rotate?wait=true&retire=now", http.StatusOK, `"closed"`)
	third := valueOf(t, app, "dba")
	must(t, app, "/secrets/dba/rotate?wait=true&retire=now", http.StatusOK, `"closed"`)
	if logsIn(t, third) || !logsIn(t, valueOf(t, app, "dba")) {
		t.Error("the second turn left the wrong login")
	}
}

func logsIn(t *testing.T, value string) bool {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), value+"?sslmode=disable")
	if err == nil {
		return conn.Close(t.Context()) == nil
	}
	if refusal, ok := errors.AsType[*pgconn.PgError](err); !ok || refusal.Code != "28P01" {
		t.Fatal(err)
	}
	return false
}
