package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/testserver"
)

// quietPostgres starts a server that logs each statement, without times.
func quietPostgres(t *testing.T) *testserver.Postgres {
	t.Helper()
	return testserver.StartPostgres(t, testserver.PostgresOptions{Settings: map[string]string{"max_connections": "200", "log_min_duration_statement": "-1"}})
}

// unlogged runs statements that contain a password, as the superuser, without logging them.
func unlogged(t *testing.T, server *testserver.Postgres, statements ...string) {
	t.Helper()
	conn := server.Connect(t, "postgres", server.Superuser, server.Password)
	for _, statement := range append([]string{"SET log_statement = 'none'"}, statements...) {
		if _, err := conn.Exec(t.Context(), statement).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	_ = conn.Close(t.Context())
}

// postgresFleets returns one fleet of class A, whose logins alternate, its administrator, which
// changes its own password in class S, and a fleet of class S.
func postgresFleets(t *testing.T, v vault) []*fleet {
	t.Helper()
	server := quietPostgres(t)
	password := canary()
	unlogged(t, server, "CREATE ROLE keeper LOGIN CREATEROLE PASSWORD '"+password+"'")
	account := func(user, password string) string {
		unlogged(t, server, `CREATE ROLE "`+user+`" LOGIN PASSWORD '`+password+`'`)
		return loginURL(server, user, password)
	}
	address := "postgres://" + server.Addr + "/postgres?sslmode=disable"
	f := fleet{kind: "postgres", class: "A", pace: 150 * time.Millisecond, login: postgresLogin, serverLog: server.Log}
	alternating := newFleet(t, v, f, account, map[string]string{"ProviderAddress": address, "AdminSecret": adminSecret("postgres")})
	f.class = "S"
	keeper := adminFleet(t, v, f, loginURL(server, "keeper", password), map[string]string{
		"ProviderAddress": address, "CredentialId": "keeper", "AdminFor": "postgres://" + server.Addr,
	})
	f.pace = 50 * time.Millisecond
	return []*fleet{keeper, alternating, newFleet(t, v, f, account, map[string]string{"ProviderAddress": address, "RotationClass": "S"})}
}

func loginURL(server *testserver.Postgres, user, password string) string {
	value := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: server.Addr, Path: "/postgres", RawQuery: "sslmode=disable"}
	return value.String()
}

// postgresLogin logs in and checks the current role: a login for an owner must act as the owner.
func postgresLogin(ctx context.Context, value string) (rejected bool, err error) {
	config, err := pgconn.ParseConfig(value)
	if err != nil {
		return false, err
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return slices.Contains([]string{"28P01", "28000"}, refused.Code), err
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Exec(ctx, "SELECT current_user").ReadAll()
	if err != nil {
		return false, err
	}
	if who, owner := string(rows[0].Rows[0][0]), strings.TrimSuffix(strings.TrimSuffix(config.User, "_a"), "_b"); who != owner {
		return false, fmt.Errorf("%s acts as %s, want %s", config.User, who, owner)
	}
	return false, nil
}
