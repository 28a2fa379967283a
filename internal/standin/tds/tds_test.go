package tds_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"

	"rotunda/internal/standin/ca"
	"rotunda/internal/standin/tds"
)

const admin, adminPassword = "sa", "Canary-of-the-admin-1"

// started is a stand-in with a certificate for localhost, whose authority is in the file roots.
func started(t *testing.T, options tds.Options) (_ *tds.Server, roots string) {
	t.Helper()
	signer, err := ca.New()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := signer.Certificate("localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	options.Certificate, options.Admin, options.Password = &certificate, admin, adminPassword
	server, err := tds.Start("127.0.0.1:0", options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	roots = filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, signer.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return server, roots
}

// connect logs in with the Go client.
func connect(t *testing.T, server *tds.Server, roots, user, password, database string) (*sql.Conn, error) {
	t.Helper()
	dsn := url.URL{
		Scheme: "sqlserver", User: url.UserPassword(user, password), Host: server.Addr(),
		RawQuery: url.Values{"database": {database}, "encrypt": {"true"}, "certificate": {roots}, "hostNameInCertificate": {"localhost"}}.Encode(),
	}
	db, err := sql.Open("sqlserver", dsn.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db.Conn(t.Context())
}

func wantNumber(t *testing.T, err error, number int32) {
	t.Helper()
	if refused, ok := errors.AsType[mssql.Error](err); !ok || refused.Number != number {
		t.Errorf("%v is not error %d", err, number)
	}
}

func run(t *testing.T, server *tds.Server, database string, batches ...string) {
	t.Helper()
	for _, batch := range batches {
		if _, err := server.Exec(database, batch); err != nil {
			t.Fatalf("%s: %v", batch, err)
		}
	}
}

func TestTheGoClientChangesItsPassword(t *testing.T) {
	server, roots := started(t, tds.Options{RequireTLS: true})
	run(t, server, "master", "CREATE LOGIN [it's an app] WITH PASSWORD = N'Canary''first-1'")
	conn, err := connect(t, server, roots, "it's an app", "Canary'first-1", "")
	if err != nil {
		t.Fatal(err)
	}
	var name string
	if err := conn.QueryRowContext(t.Context(), "SELECT SUSER_SNAME()").Scan(&name); err != nil || name != "it's an app" {
		t.Errorf("%q, %v", name, err)
	}
	change := "ALTER LOGIN [it's an app] WITH PASSWORD = N'Canary-second-2' OLD_PASSWORD = "
	_, err = conn.ExecContext(context.Background(), change+"N'wrong'")
	wantNumber(t, err, 15151)
	if _, err = conn.ExecContext(t.Context(), change+"N'Canary''first-1'"); err != nil {
		t.Error(err)
	}
	_, err = conn.ExecContext(t.Context(), "ALTER LOGIN [it's an app] WITH PASSWORD = N'short' OLD_PASSWORD = N'Canary-second-2'")
	wantNumber(t, err, 15116)
	_, err = conn.ExecContext(t.Context(), "DROP TABLE x")
	wantNumber(t, err, 102)
	if _, err = connect(t, server, roots, "it's an app", "Canary-second-2", ""); err != nil {
		t.Error(err)
	}
	_, err = connect(t, server, roots, "it's an app", "Canary'first-1", "")
	wantNumber(t, err, 18456)
}

func TestConditionsOfALogin(t *testing.T) {
	server, roots := started(t, tds.Options{})
	run(t, server, "master", "CREATE LOGIN app WITH PASSWORD = 'Canary-first-1'")
	for condition, number := range map[tds.Condition]int32{tds.MustChange: 18488, tds.Expired: 18487, tds.Locked: 18486, tds.Disabled: 18470} {
		server.Set("app", condition)
		_, err := connect(t, server, roots, "app", "Canary-first-1", "")
		wantNumber(t, err, number)
	}
	server.Set("app", tds.Usable)
	_, err := connect(t, server, roots, "app", "Canary-first-1", "nowhere")
	wantNumber(t, err, 18456)
}

func TestATransactionIsTakenBack(t *testing.T) {
	server, roots := started(t, tds.Options{})
	run(t, server, "master", "CREATE DATABASE shop CONTAINMENT = PARTIAL")
	run(t, server, "shop", "CREATE ROLE orders")
	conn, err := connect(t, server, roots, admin, adminPassword, "shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION", "COMMIT TRANSACTION"} {
		for _, batch := range []string{"BEGIN TRANSACTION", "CREATE USER app WITH PASSWORD = N'Canary-first-1'", "ALTER ROLE orders ADD MEMBER app", end} {
			if _, err := conn.ExecContext(t.Context(), batch); err != nil {
				t.Fatalf("%s: %v", batch, err)
			}
		}
		_, err := connect(t, server, roots, "app", "Canary-first-1", "shop")
		if committed := end == "COMMIT TRANSACTION"; committed != (err == nil) {
			t.Errorf("%s: %v", end, err)
		}
	}
}
