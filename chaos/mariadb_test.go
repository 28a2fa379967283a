package chaos_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"rotunda/internal/testserver"
)

// mariaDBFleets are of class O: an account has both passwords during the grace period. So has
// their administrator, which another one rotates. The server writes a general log.
func mariaDBFleets(t *testing.T, v vault) []*fleet {
	t.Helper()
	server := testserver.StartMariaDB(t)
	unlogged := func(statements ...string) { // they contain a password
		server.Exec(t, append([]string{"SET SESSION sql_log_off = ON"}, statements...)...)
	}
	administrator := func(user, password string) string {
		unlogged(
			"CREATE USER "+user+" IDENTIFIED BY '"+password+"'", "GRANT CREATE USER ON *.* TO "+user, "GRANT SELECT ON mysql.global_priv TO "+user,
		)
		return loginJSON(user, password)
	}
	const root = "mariadb-root"
	v.set(t, root, administrator("root_keeper", canary()), consent("mariadb://"+server.Addr), nil)
	account := func(user, password string) string {
		unlogged("CREATE USER " + user + " IDENTIFIED BY '" + password + "'")
		return loginJSON(user, password)
	}
	f := fleet{
		kind: "mariadb", class: "O", pace: 100 * time.Millisecond,
		login:     func(ctx context.Context, value string) (bool, error) { return mariaDBLogin(ctx, server.Addr, value) },
		serverLog: func() string { return server.Log() + server.GeneralLog(t) },
	}
	address := "mariadb://" + server.Addr + "?sslmode=disable"
	return []*fleet{
		adminFleet(t, v, f, administrator("keeper", canary()), map[string]string{
			"ProviderAddress": address, "CredentialId": "keeper", "AdminSecret": root, "AdminFor": "mariadb://" + server.Addr,
		}),
		newFleet(t, v, f, account, map[string]string{"ProviderAddress": address, "AdminSecret": adminSecret("mariadb")}),
	}
}

// accessDenied is MariaDB's error for a wrong password.
const accessDenied = 1045

// mariaDBLogin logs in with a JSON value.
func mariaDBLogin(ctx context.Context, address, value string) (rejected bool, err error) {
	user, password, err := readJSON(value)
	if err != nil {
		return false, err
	}
	config := mysql.NewConfig()
	config.Net, config.Addr, config.User, config.Passwd, config.Logger = "tcp", address, user, password, &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return false, err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	err = db.PingContext(ctx)
	refused, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && refused.Number == accessDenied, err
}
