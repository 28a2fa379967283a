package functions_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"rotunda/internal/standin/tds"
	"rotunda/internal/wiretest"
)

// shop is a contained database with the role orders, its user web, and an administrator.
func shop(t *testing.T, server *tds.Server) {
	t.Helper()
	execIn(t, server, "master", "CREATE DATABASE shop CONTAINMENT = PARTIAL")
	execIn(t, server, "shop", "CREATE ROLE orders", "CREATE USER web WITH PASSWORD = 'canary-First-1'", "ALTER ROLE orders ADD MEMBER web",
		"CREATE USER keeper WITH PASSWORD = 'canary-of-the-Manager-1'", "GRANT ALTER ANY USER TO keeper", "GRANT ALTER ON ROLE::orders TO keeper")
}

// accepts reports whether a value of the secret logs in.
func accepts(t *testing.T, server *tds.Server, value string) bool {
	t.Helper()
	var l struct{ Username, Password string }
	if err := json.Unmarshal([]byte(value), &l); err != nil {
		t.Fatal(err)
	}
	return server.Accepts("shop", l.Username, l.Password)
}

// A whole rotation in class A, up to the end of the old password. Each time, the connection ends
// at another statement; the resumed rotation ends as well.
func TestSQLServerLoginsTakeTurnsThroughTheApp(t *testing.T) {
	var cut, seen atomic.Int64
	server, err := tds.Start("127.0.0.1:0", tds.Options{Admin: "sa", Password: "canary-of-the-Admin-1", Interrupt: func(statement string, done bool) bool {
		return done && !strings.HasPrefix(statement, "SELECT") && seen.Add(1) == cut.Load()
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	shop(t, server)
	app := wiretest.Start(t, wiretest.Options{})
	setTagged(t, app, "keeper", `{"username":"keeper","password":"canary-of-the-Manager-1"}`, map[string]string{"AdminFor": "sqlserver://" + server.Addr()})
	setTagged(t, app, "orders", `{"username":"web","password":"canary-First-1"}`, map[string]string{
		"ProviderAddress": "sqlserver://" + server.Addr() + "/shop?sslmode=disable", "CredentialId": "orders", "AdminSecret": "keeper", "ValidityPeriodDays": "60",
	})
	for at := int64(0); at <= 8; at++ {
		old := valueOf(t, app, "orders")
		cut.Store(at)
		seen.Store(0)
		app.Do(t, http.MethodPost, "/secrets/orders/rotate?retire=now&wait=true", "")
		if !accepts(t, server, valueOf(t, app, "orders")) {
			t.Fatalf("after %d statements, the latest version does not log in", at)
		}
		cut.Store(0)
		for range 3 {
			app.Do(t, http.MethodPost, "/secrets/orders/rotation/resume", "")
		}
		app.Do(t, http.MethodPost, "/secrets/orders/rotation/retire", "")
		if got := app.Do(t, http.MethodGet, "/secrets/orders/rotation", ""); !strings.Contains(got.Body, `"closed"`) {
			t.Fatalf("after %d statements: %v", at, got)
		}
		if now := valueOf(t, app, "orders"); accepts(t, server, old) || !accepts(t, server, now) || now == old {
			t.Errorf("after %d statements, the old value logs in, or the new one does not", at)
		}
	}
}
