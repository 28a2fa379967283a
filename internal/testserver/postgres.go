package testserver

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

var (
	postgresPlaces = []string{"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/pgsql-*/bin"}
	initdb         = program{product: "PostgreSQL", install: "apt-get install postgresql", name: "initdb", places: postgresPlaces}
)

// Postgres is a PostgreSQL server on 127.0.0.1. Logins need a password (SCRAM); TLS is optional.
// It logs every statement, and does not protect its files from a power cut.
type Postgres struct {
	server
	Superuser, Password string
	Roots               string // the authority's file; the server is localhost or 127.0.0.1
}

// PostgresOptions are what a server has in addition to the shared one.
type PostgresOptions struct {
	Programs string            // the folder of its programs; without one, the installed PostgreSQL
	Settings map[string]string // for postgresql.conf, without quotes
	HBA      []string          // lines of pg_hba.conf before the one that lets every user log in
}

// StartPostgres starts a server that ends with the test.
func StartPostgres(t testing.TB, options PostgresOptions) *Postgres {
	t.Helper()
	return startPostgres(t, t, options)
}

var sharedPostgres *Postgres

// SharedPostgres returns the server that all tests of a package share: see Main. Each test creates
// its own roles and databases.
func SharedPostgres(t testing.TB) *Postgres {
	t.Helper()
	return once(t, &sharedPostgres, func(t testing.TB, until lifetime) *Postgres { return startPostgres(t, until, PostgresOptions{}) })
}

func startPostgres(t testing.TB, until lifetime, options PostgresOptions) *Postgres {
	t.Helper()
	path := options.initdb(t)
	p := &Postgres{Superuser: "root_of_tests", Password: randomPassword()}
	p.open(t, until)
	p.ready, p.quit = p.answers, os.Interrupt // a fast shutdown
	p.command = []string{filepath.Join(filepath.Dir(path), "postgres"), "-D", p.path("data")}
	p.run(t, path, "--no-sync", "--no-locale", "--encoding=UTF8", "--auth=scram-sha-256", "--username="+p.Superuser,
		"--pwfile="+p.write(t, "password", p.Password), "--pgdata="+p.path("data"))
	certificate := p.certify(t, "localhost", "127.0.0.1")
	p.Roots = certificate.roots
	p.write(t, "data/pg_hba.conf", strings.Join(append(options.HBA, "host all all 127.0.0.1/32 scram-sha-256\n"), "\n"))
	p.write(t, "data/postgresql.conf", p.settings(certificate, options.Settings))
	p.Start(t)
	return p
}

// initdb returns the path of initdb, whose folder has the other programs.
func (o PostgresOptions) initdb(t testing.TB) string {
	t.Helper()
	named := o.Programs
	if named == "" {
		named = initdb.path(t)
	} else {
		named = filepath.Join(named, initdb.name)
	}
	path, err := filepath.EvalSymlinks(named)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (p *Postgres) settings(shown certificate, more map[string]string) string {
	settings := map[string]string{ //nolint:gosec // not a password, but how the server stores them
		"listen_addresses": "127.0.0.1", "port": fmt.Sprint(p.port), "unix_socket_directories": "",
		"fsync": "off", "shared_buffers": "16MB", "max_connections": "60", "dynamic_shared_memory_type": "mmap",
		"password_encryption": "scram-sha-256", "ssl": "on", "ssl_cert_file": shown.chain, "ssl_key_file": shown.key,
		"log_statement": "all", "log_min_duration_statement": "0", "log_min_error_statement": "debug5", "log_connections": "on",
	}
	maps.Copy(settings, more)
	var text strings.Builder
	for name, value := range settings {
		fmt.Fprintf(&text, "%s = '%s'\n", name, value)
	}
	return text.String()
}

// answers returns nil if the superuser can log in.
func (p *Postgres) answers(ctx context.Context) error {
	conn, err := p.dial(ctx, "postgres", p.Superuser, p.Password)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// Kill ends the server at once: the next start recovers from its log. SIGKILL would leave its
// children running.
func (p *Postgres) Kill() { p.end(syscall.SIGQUIT) }

// BecomeStandby restarts the server as a standby, which accepts no changes. It waits for a primary
// that there is not.
func (p *Postgres) BecomeStandby(t testing.TB) {
	t.Helper()
	p.write(t, "data/standby.signal", "")
	p.Restart(t)
}

// dialTimeout bounds one connection: a server that is starting may not answer one.
const dialTimeout = 30 * time.Second

func (p *Postgres) dial(ctx context.Context, database, user, password string) (*pgconn.PgConn, error) {
	config, err := pgconn.ParseConfig("host=127.0.0.1 sslmode=disable user=none password=none")
	if err != nil {
		return nil, err
	}
	config.Port = uint16(p.port) //nolint:gosec // a port
	config.Database, config.User, config.Password = database, user, password
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return pgconn.ConnectConfig(ctx, config)
}

// Connect returns a connection that is logged in, until the test ends.
func (p *Postgres) Connect(t testing.TB, database, user, password string) *pgconn.PgConn {
	t.Helper()
	conn, err := p.dial(context.Background(), database, user, password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Exec runs statements as the superuser in the database postgres, and returns the rows of the
// last.
func (p *Postgres) Exec(t testing.TB, sql string) [][]string {
	t.Helper()
	conn, err := p.dial(context.Background(), "postgres", p.Superuser, p.Password)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	results, err := conn.Exec(context.Background(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var rows [][]string
	for _, row := range results[len(results)-1].Rows {
		var texts []string
		for _, value := range row {
			texts = append(texts, string(value))
		}
		rows = append(rows, texts)
	}
	return rows
}
