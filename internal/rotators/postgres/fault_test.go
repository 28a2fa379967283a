package postgres

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

// withQuery returns the subject with another query in its address.
func withQuery(s rotation.Subject, query string) rotation.Subject {
	s.Address, _, _ = strings.Cut(s.Address, "?")
	s.Address += query
	return s
}

// saysUnknown checks that a failure is not mistaken for a refusal, and that its fault contains a
// text.
func saysUnknown(t *testing.T, s rotation.Subject, says string) {
	t.Helper()
	verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
	if fault := rotatortest.Fault(t, err); verdict != rotation.Unknown || fault == nil || !strings.Contains(fault.Reason, says) {
		t.Errorf("%v: %v does not say %q", verdict, err, says)
	}
	if fault := rotatortest.Fault(t, Rotator{}.Apply(t.Context(), s, plan(t, s).Next, rotatortest.Unfenced)); fault == nil || !strings.Contains(fault.Reason, says) {
		t.Errorf("Apply: %v does not say %q", fault, says)
	}
}

func TestPostgresRefusals(t *testing.T) {
	server := testserver.StartPostgres(t, testserver.PostgresOptions{
		Settings: map[string]string{"shared_preload_libraries": "passwordcheck"},
		HBA:      []string{"host all turned_away all reject", "host all in_clear all password", "host all trusted all trust"},
	})
	app := newApplication(t, server)
	t.Run("pg_hba.conf", func(t *testing.T) {
		s := app.single()
		s.CredentialID, s.Current = "", urlValue("turned_away", canaryOwner)
		saysUnknown(t, s, "pg_hba.conf")
	})
	t.Run("a password in clear", func(t *testing.T) {
		app.Exec(t, "CREATE ROLE in_clear LOGIN PASSWORD '"+verifierOf(t, canaryOwner)+"'")
		s := app.single()
		s.CredentialID, s.Current = "", urlValue("in_clear", canaryOwner)
		probes(t, s, s.Current, rotation.Accepted)
		probes(t, s, plan(t, s).Decoy, rotation.Rejected)
		saysUnknown(t, withQuery(s, "?sslmode=require"), "in clear")
	})
	t.Run("any password will do", func(t *testing.T) {
		app.Exec(t, "CREATE ROLE trusted LOGIN")
		s := app.single()
		s.CredentialID, s.Current = "", urlValue("trusted", canaryOwner)
		probes(t, s, plan(t, s).Decoy, rotation.Accepted)
		probes(t, withQuery(s, "?sslmode=require"), plan(t, s).Decoy, rotation.Accepted)
	})
	t.Run("no such database", func(t *testing.T) {
		s := app.single()
		s.Address = strings.Replace(s.Address, url.PathEscape(app.database), "elsewhere", 1)
		saysUnknown(t, s, "must name a database")
	})
	t.Run("no right to connect", func(t *testing.T) {
		app.Exec(t, "CREATE ROLE stranger LOGIN PASSWORD '"+verifierOf(t, canaryOwner)+"'; REVOKE CONNECT ON DATABASE "+quoteIdentifier(app.database)+" FROM PUBLIC")
		s := app.single()
		s.CredentialID, s.Current = "", urlValue("stranger", canaryOwner)
		saysUnknown(t, s, "CONNECT")
	})
	t.Run("a password that the server's policy refuses", func(t *testing.T) {
		s := app.alternating()
		err := Rotator{}.Apply(t.Context(), s, urlValue(app.owner+login.SuffixA, app.owner+login.SuffixA), rotatortest.Unfenced)
		if !errors.Is(err, rotation.ErrRefusedByPolicy) {
			t.Errorf("not a matter of policy: %v", err)
		}
		if rows := app.Exec(t, "SELECT FROM pg_roles WHERE rolname LIKE '%\\_a'"); len(rows) != 0 {
			t.Error("the refused change left a role behind")
		}
	})
}

// saysStop checks that Apply fails with a fault that contains a text.
func saysStop(t *testing.T, s rotation.Subject, next secret.Value, says string, permanent bool) {
	t.Helper()
	fault := rotatortest.Fault(t, Rotator{}.Apply(t.Context(), s, next, rotatortest.Unfenced))
	if fault == nil || fault.Permanent != permanent || !strings.Contains(fault.Reason, says) {
		t.Errorf("%v: not permanent=%v and %q", fault, permanent, says)
	}
}

func TestPostgresRights(t *testing.T) { onEachMajor(t, rights) }

func rights(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	s := app.alternating()
	next := plan(t, s).Next
	owner, admin := quoteIdentifier(app.owner), quoteIdentifier(app.admin)
	app.Exec(t, "ALTER ROLE "+admin+" NOCREATEROLE")
	saysStop(t, s, next, "CREATEROLE", false)
	app.Exec(t, "ALTER ROLE "+admin+" CREATEROLE")
	for _, mighty := range []string{"SUPERUSER", "CREATEROLE", "REPLICATION", "BYPASSRLS"} {
		app.Exec(t, "ALTER ROLE "+owner+" "+mighty)
		saysStop(t, s, next, mighty, true)
		app.Exec(t, "ALTER ROLE "+owner+" NO"+mighty)
	}
	app.Exec(t, "REVOKE "+owner+" FROM "+admin)
	if app.version(t) >= 16 {
		refusesCheck(t, s, "WITH ADMIN OPTION")
		app.Exec(t, "GRANT "+owner+" TO "+admin+" WITH ADMIN OPTION")
	}
	apply(t, s, next)
	app.Exec(t, "ALTER ROLE "+admin+" NOLOGIN")
	saysStop(t, s, next, "AdminSecret", false)
	if fault := rotatortest.Fault(t, Rotator{}.Retire(t.Context(), s, next, rotatortest.Unfenced)); fault == nil {
		t.Error("retired without an administrator")
	}
	probes(t, s, s.Admin, rotation.Rejected)
}

func TestPostgresSingleWithoutAuthority(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	s := app.single()
	s.Current = urlValue(app.owner, "canary-of-long-ago")
	saysStop(t, s, plan(t, s).Next, "the tag AdminSecret", false)
}

func TestPostgresLoginRefusals(t *testing.T) {
	for name, row := range map[string]struct {
		refusal pgconn.PgError
		verdict rotation.Verdict
		says    string
	}{
		"wrong password":          {pgconn.PgError{Code: "28P01", Routine: "auth_failed"}, rotation.Rejected, "VALID UNTIL"},
		"no such role":            {pgconn.PgError{Code: "28000", Routine: "InitializeSessionUserId"}, rotation.Rejected, "NOLOGIN"},
		"no line in pg_hba.conf":  {pgconn.PgError{Code: "28000", Routine: "ClientAuthentication"}, rotation.Unknown, "pg_hba.conf"},
		"certificate or peer":     {pgconn.PgError{Code: "28000", Routine: "auth_failed"}, rotation.Unknown, "pg_hba.conf"},
		"a pooler's own words":    {pgconn.PgError{Severity: "FATAL", Code: "08P01", Message: "canary"}, rotation.Unknown, "a pooler"},
		"a pooler's memory":       {pgconn.PgError{Severity: "FATAL", Code: "28P01"}, rotation.Unknown, "a pooler"},
		"too many connections":    {pgconn.PgError{Code: "53300", Routine: "InitProcess"}, rotation.Unknown, "no free connection"},
		"too many of this role":   {pgconn.PgError{Code: "53300", Routine: "InitializeSessionUserId"}, rotation.Unknown, "the login has as many"},
		"too many in a database":  {pgconn.PgError{Code: "53300", Routine: "CheckMyDatabase"}, rotation.Unknown, "the database has as many"},
		"a closed database":       {pgconn.PgError{Code: "55000", Routine: "CheckMyDatabase"}, rotation.Unknown, "ALLOW_CONNECTIONS"},
		"starting up":             {pgconn.PgError{Code: "57P03", Routine: "ProcessStartupPacket"}, rotation.Unknown, "57P03"},
		"something else":          {pgconn.PgError{Code: "XX000", Routine: "x", Message: "canary"}, rotation.Unknown, "XX000"},
		"a code that is none":     {pgconn.PgError{Code: "canary", Routine: "x"}, rotation.Unknown, "none"},
		"a code that looks right": {pgconn.PgError{Code: "a b'c", Routine: "x"}, rotation.Unknown, "none"},
	} {
		verdict, err := database{}.loginVerdict(&row.refusal)
		if fault := rotatortest.Fault(t, err); verdict != row.verdict || fault == nil || !strings.Contains(fault.Reason, row.says) {
			t.Errorf("%s: %v, %v", name, verdict, err)
		}
	}
}
