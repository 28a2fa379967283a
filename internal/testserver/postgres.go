package testserver

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/standin/ca"
)

var (
	postgresPlaces = []string{"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/pgsql-*/bin"}
	initdb         = program{product: "PostgreSQL", install: "apt-get install postgresql", name: "initdb", places: postgresPlaces}
)

// Postgres is a PostgreSQL server on 127.0.0.1. Logins need a password (SCRAM); TLS is there for who wants it. It logs every
// statement, and does not care for its files in a power cut.
type Postgres struct {
	server
	Superuser, Password string
	RootCert            string // a file: who signed the certificate, which is for localhost and 127.0.0.1
}

// PostgresOptions change a server from what the shared one is.
type PostgresOptions struct {
	Settings map[string]string // for postgresql.conf, without quotes
	HBA      []string          // lines of pg_hba.conf before the one that lets everybody log in
}

// StartPostgres starts a server that ends with the test.
func StartPostgres(t testing.TB, options PostgresOptions) *Postgres {
	t.Helper()
	return startPostgres(t, t, options)
}

var sharedPostgres *Postgres

// SharedPostgres is one server for all tests of a package; see Main. Each test makes roles and databases of its own.
func SharedPostgres(t testing.TB) *Postgres {
	t.Helper()
	return once(t, &sharedPostgres, func(t testing.TB, until lifetime) *Postgres { return startPostgres(t, until, PostgresOptions{}) })
}

func startPostgres(t testing.TB, until lifetime, options PostgresOptions) *Postgres {
	t.Helper()
	path, err := filepath.EvalSymlinks(initdb.path(t)) // beside it are the other programs
	if err != nil {
		t.Fatal(err)
	}
	p := &Postgres{Superuser: "root_of_tests", Password: randomPassword()}
	p.open(t, until)
	p.quit = os.Interrupt // a fast shutdown
	p.command = []string{filepath.Join(filepath.Dir(path), "postgres"), "-D", p.path("data")}
	p.run(t, path, "--no-sync", "--no-locale", "--encoding=UTF8", "--auth=scram-sha-256", "--username="+p.Superuser,
		"--pwfile="+p.write(t, "password", p.Password), "--pgdata="+p.path("data"))
	p.writeCertificate(t)
	p.write(t, "data/pg_hba.conf", strings.Join(append(options.HBA, "host all all 127.0.0.1/32 scram-sha-256\n"), "\n"))
	p.write(t, "data/postgresql.conf", p.settings(options.Settings))
	p.Start(t)
	return p
}

func (p *Postgres) settings(more map[string]string) string {
	settings := map[string]string{ //nolint:gosec // no password, but how the server keeps them
		"listen_addresses": "127.0.0.1", "port": fmt.Sprint(p.port), "unix_socket_directories": "",
		"fsync": "off", "shared_buffers": "16MB", "max_connections": "60", "dynamic_shared_memory_type": "mmap",
		"password_encryption": "scram-sha-256", "ssl": "on", "ssl_cert_file": p.path("server.crt"), "ssl_key_file": p.path("server.key"),
		"log_statement": "all", "log_min_duration_statement": "0", "log_min_error_statement": "debug5", "log_connections": "on",
	}
	maps.Copy(settings, more)
	var text strings.Builder
	for name, value := range settings {
		fmt.Fprintf(&text, "%s = '%s'\n", name, value)
	}
	return text.String()
}

func (p *Postgres) writeCertificate(t testing.TB) {
	t.Helper()
	signer, err := ca.New()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := signer.Certificate("localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	p.RootCert = p.write(t, "root.crt", string(signer.PEM()))
	p.write(t, "server.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})))
	p.write(t, "server.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
}

// Start starts the server again after Stop or Kill.
func (p *Postgres) Start(t testing.TB) {
	t.Helper()
	p.start(t, func(ctx context.Context) error {
		conn, err := p.dial(ctx, "postgres", p.Superuser, p.Password)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
}

// Stop ends the server in good order, whoever is connected.
func (p *Postgres) Stop() { p.stop() }

// Kill ends the server at once: the next start recovers from its log. SIGKILL would leave its children behind.
func (p *Postgres) Kill() { p.end(syscall.SIGQUIT) }

// Restart is Stop and Start.
func (p *Postgres) Restart(t testing.TB) {
	t.Helper()
	p.Stop()
	p.Start(t)
}

// dialPatience is for one connection; a server that starts may leave one hanging.
const dialPatience = 5 * time.Second

func (p *Postgres) dial(ctx context.Context, database, user, password string) (*pgconn.PgConn, error) {
	config, err := pgconn.ParseConfig("host=127.0.0.1 sslmode=disable user=none password=none")
	if err != nil {
		return nil, err
	}
	config.Port, config.Database, config.User, config.Password = uint16(p.port), database, user, password //nolint:gosec // a port
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	return pgconn.ConnectConfig(ctx, config)
}

// Connect logs in, until the end of the test.
func (p *Postgres) Connect(t testing.TB, database, user, password string) *pgconn.PgConn {
	t.Helper()
	conn, err := p.dial(context.Background(), database, user, password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Exec runs statements as the superuser in the database postgres and gives the rows of the last.
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
