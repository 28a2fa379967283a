package postgres

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/standin/ca"
	"rotunda/internal/testserver"
)

func TestPostgresTLS(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	s := app.single()
	const roots = "&sslrootcert=roots.pem"
	for _, query := range []string{"?sslmode=verify-full" + roots, "?sslmode=verify-ca" + roots, "?sslrootcert=roots.pem", "?sslmode=require", "?sslmode=disable"} {
		probes(t, withQuery(s, query), s.Current, rotation.Accepted)
		probes(t, withQuery(s, query), plan(t, s).Decoy, rotation.Rejected)
	}
	otherName := withQuery(s, "?sslmode=verify-full"+roots)
	otherName.Address = strings.Replace(otherName.Address, "localhost", "127.0.0.2", 1)
	stranger, err := ca.New()
	if err != nil {
		t.Fatal(err)
	}
	strange := filepath.Join(t.TempDir(), "strange.pem")
	if err := stranger.WriteFile(strange); err != nil {
		t.Fatal(err)
	}
	saysUnknown(t, withQuery(s, ""), "certificate")
	s.Trust = rotatortest.Trust(strange)
	saysUnknown(t, withQuery(s, "?sslrootcert=strange.pem"), "certificate")
	saysUnknown(t, withQuery(s, "?sslmode=verify-ca&sslrootcert=strange.pem"), "certificate")
	saysUnknown(t, withQuery(s, "?sslrootcert=none.pem"), "can't be read")
}

func TestPostgresServerIsAway(t *testing.T) {
	server := testserver.StartPostgres(t, testserver.PostgresOptions{})
	app := newApplication(t, server)
	s := app.alternating()
	server.Stop()
	saysUnknown(t, s, "can't be reached")
	server.Start(t)
	next := plan(t, s).Next
	apply(t, s, next)
	server.Kill()
	server.Start(t)
	probes(t, s, next, rotation.Accepted)
	app.Exec(t, "ALTER SYSTEM SET ssl = off")
	server.Restart(t)
	probes(t, withQuery(s, "?sslmode=disable"), next, rotation.Accepted)
	saysUnknown(t, s, "no TLS")
	saysUnknown(t, withQuery(s, "?sslmode=require"), "no TLS")
}

// A server that accepts connections and never answers is bounded by time, which the caller may
// shorten.
func TestPostgresServerIsSilent(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	s := rotation.Subject{Address: "postgres://" + listener.Addr().String(), Current: urlValue("app", canaryOwner)}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	verdict, err := Rotator{}.Probe(ctx, s, s.Current)
	if fault := rotatortest.Fault(t, err); verdict != rotation.Unknown || fault == nil || !strings.Contains(fault.Reason, "in time") {
		t.Errorf("%v: %v", verdict, err)
	}
}

// The environment that Rotunda runs in may have psql's settings. A rotation follows its tags
// alone.
func TestPostgresIgnoresTheEnvironment(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	home := t.TempDir()
	files := map[string]string{".pgpass": "*:*:*:*:canary-of-a-file", ".postgresql/root.crt": "junk", ".postgresql/postgresql.crt": "junk", ".postgresql/postgresql.key": "junk"}
	if err := os.Mkdir(filepath.Join(home, ".postgresql"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(home, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"HOME": home, "PGHOST": "elsewhere,nowhere", "PGPORT": "1,2", "PGUSER": "nobody", "PGPASSWORD": "canary-of-the-environment",
		"PGDATABASE": "nothing", "PGSSLMODE": "prefer", "PGSSLROOTCERT": "/none", "PGSSLCERT": "/none", "PGSSLKEY": "/none", "PGSSLCERTMODE": "require",
		"PGSSLNEGOTIATION": "direct", "PGSSLSNI": "0", "PGSSLPASSWORD": "canary", "PGOPTIONS": "-c nonsense=1", "PGAPPNAME": "psql", "PGTZ": "Mars",
		"PGCONNECT_TIMEOUT": "x", "PGTARGETSESSIONATTRS": "standby", "PGMINPROTOCOLVERSION": "9", "PGMAXPROTOCOLVERSION": "9",
		"PGCHANNELBINDING": "always", "PGREQUIREAUTH": "gss", "PGPASSFILE": filepath.Join(home, ".pgpass"),
	} {
		t.Setenv(name, value)
	}
	s := app.single()
	probes(t, s, s.Current, rotation.Accepted)
	probes(t, s, urlValue(app.owner, ""), rotation.Rejected)
	t.Setenv("PGSERVICE", "canary")
	saysUnknown(t, s, "PGSERVICE")
}
