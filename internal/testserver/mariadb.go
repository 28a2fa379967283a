package testserver

import (
	"context"
	"database/sql"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
)

var (
	mariaDBServer  = program{product: "MariaDB", install: "apt-get install mariadb-server", name: "mariadbd", places: []string{"/usr/sbin", "/usr/local/sbin"}}
	mariaDBInstall = program{product: "MariaDB", install: "apt-get install mariadb-server", name: "mariadb-install-db"}
)

// MariaDB is a MariaDB server with TLS and a general log.
type MariaDB struct {
	server
	Admin, AdminPassword string
	Roots                string // the authority's file; the certificate is for localhost
}

var sharedMariaDB *MariaDB

// SharedMariaDB returns the server that all tests of a package share: see Main.
func SharedMariaDB(t testing.TB) *MariaDB {
	t.Helper()
	return once(t, &sharedMariaDB, func(t testing.TB, until lifetime) *MariaDB { return startMariaDB(t, until) })
}

// StartMariaDB starts a server that ends with the test. settings are further options of the
// program, without their dashes.
func StartMariaDB(t testing.TB, settings ...string) *MariaDB {
	t.Helper()
	return startMariaDB(t, t, settings...)
}

func startMariaDB(t testing.TB, until lifetime, settings ...string) *MariaDB {
	t.Helper()
	path, install := mariaDBServer.path(t), mariaDBInstall.path(t)
	m := &MariaDB{Admin: "superuser", AdminPassword: randomPassword()}
	m.open(t, until)
	m.ready, m.quit = m.answers, syscall.SIGTERM
	m.command = append([]string{path}, m.options(t, settings)...)
	m.run(t, install, "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", "--datadir="+m.path("data"))
	m.Start(t)
	return m
}

func (m *MariaDB) options(t testing.TB, settings []string) []string {
	t.Helper()
	admin := "CREATE USER IF NOT EXISTS " + m.Admin + " IDENTIFIED BY '" + m.AdminPassword + "';\nGRANT ALL ON *.* TO " + m.Admin + " WITH GRANT OPTION;\n"
	certificate := m.certify(t, "localhost")
	m.Roots = certificate.roots
	options := []string{
		"--no-defaults", "--datadir=" + m.path("data"), "--socket=" + m.path("socket"), "--pid-file=" + m.path("pid"),
		"--bind-address=127.0.0.1", "--port=" + strconv.Itoa(m.port), "--skip-name-resolve",
		"--init-file=" + m.write(t, "init.sql", admin), "--general-log", "--general-log-file=" + m.path("general.log"),
		"--ssl-cert=" + certificate.chain, "--ssl-key=" + certificate.key, "--ssl-ca=" + certificate.roots,
		"--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0", "--key-buffer-size=1M",
	}
	for _, setting := range settings {
		options = append(options, "--"+setting)
	}
	return options
}

// answers returns nil if the admin can log in.
func (m *MariaDB) answers(ctx context.Context) error {
	db, err := m.dial(m.Admin, m.AdminPassword)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return db.PingContext(ctx)
}

// GeneralLog returns all statements that the server was sent.
func (m *MariaDB) GeneralLog(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(m.path("general.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Exec runs statements as the admin.
func (m *MariaDB) Exec(t testing.TB, statements ...string) {
	t.Helper()
	db := m.Connect(t, m.Admin, m.AdminPassword)
	for _, statement := range statements {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// Ask returns the one text that a query of the admin finds.
func (m *MariaDB) Ask(t testing.TB, query string) (text string) {
	t.Helper()
	if err := m.Connect(t, m.Admin, m.AdminPassword).QueryRowContext(context.Background(), query).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}

// Connect returns a client that logs in over one connection, until the test ends.
func (m *MariaDB) Connect(t testing.TB, user, password string) *sql.DB {
	t.Helper()
	db, err := m.dial(user, password)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (m *MariaDB) dial(user, password string) (*sql.DB, error) {
	config := mysql.NewConfig()
	config.Net, config.Addr, config.User, config.Passwd = "tcp", m.Addr, user, password
	config.Logger = &mysql.NopLogger{} // the default reports that the server is not up yet
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// Port returns the port of Addr.
func (m *MariaDB) Port() string { return m.Addr[strings.LastIndex(m.Addr, ":")+1:] }
