package postgres

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/testserver"
)

// refusesCheck checks that Check finds all of some texts, in as many faults.
func refusesCheck(t *testing.T, s rotation.Subject, says ...string) {
	t.Helper()
	_, err := Rotator{}.Check(t.Context(), s)
	faults := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		faults = joined.Unwrap()
	}
	if err == nil {
		t.Fatalf("ready, without %q", says)
	}
	for _, fault := range faults {
		_ = rotatortest.Fault(t, fault)
	}
	for _, text := range says {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%v\ndoes not say %q", err, text)
		}
	}
	if len(faults) != len(says) {
		t.Errorf("%d faults: %v", len(faults), err)
	}
}

func TestPostgresCheckFindsAllAtOnce(t *testing.T) { onEachMajor(t, checkFindsAllAtOnce) }

func checkFindsAllAtOnce(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	owner, admin, database := quoteIdentifier(app.owner), quoteIdentifier(app.admin), quoteIdentifier(app.database)
	s := app.alternating()
	s.Tags[rotation.TagValidity] = "60"
	if warnings := ready(t, s); warnings != "" {
		t.Error(warnings)
	}
	app.Exec(t, "ALTER ROLE "+admin+" NOCREATEROLE; ALTER ROLE "+owner+" BYPASSRLS VALID UNTIL '"+time.Now().AddDate(0, 0, 7).Format(time.DateOnly)+"'; "+
		"CREATE ROLE "+quoteIdentifier(app.owner+login.SuffixB)+"; GRANT CONNECT ON DATABASE "+database+" TO "+admin)
	app.Exec(t, "ALTER DATABASE "+database+" OWNER TO "+admin+"; REVOKE CONNECT ON DATABASE "+database+" FROM PUBLIC")
	refusesCheck(t, s, "lacks CREATEROLE", "BYPASSRLS", "VALID UNTIL 'infinity'", "_b exists", "GRANT CONNECT ON DATABASE")
	app.Exec(t, "DROP ROLE "+quoteIdentifier(app.owner+login.SuffixB))
	app.Exec(t, "ALTER ROLE "+admin+" CREATEROLE; ALTER ROLE "+owner+" NOBYPASSRLS VALID UNTIL 'infinity'; GRANT CONNECT ON DATABASE "+database+" TO "+owner)
	ready(t, s)
	s.CredentialID = "not_there"
	refusesCheck(t, s, "not_there in the tag CredentialId does not exist")
	s.Admin = urlValue(app.admin, "canary-wrong")
	refusesCheck(t, s, "AdminSecret")
}

// everything is what a rotation can change at a server.
const everything = `SELECT string_agg(x, ' ' ORDER BY x) FROM (
	SELECT r::text FROM pg_authid r UNION ALL SELECT d::text FROM pg_shdescription d UNION ALL
	SELECT s::text FROM pg_db_role_setting s UNION ALL SELECT m::text FROM pg_auth_members m) all_of(x)`

func TestPostgresCheckChangesNothing(t *testing.T) {
	app := newApplication(t, testserver.StartPostgres(t, testserver.PostgresOptions{}))
	app.Exec(t, "ALTER ROLE "+quoteIdentifier(app.owner)+" SET statement_timeout = '7s'")
	subjects := []rotation.Subject{app.alternating(), app.single(), app.singleByAdmin("vault.example/app-db")}
	before := app.Exec(t, everything)
	for _, s := range subjects {
		ready(t, s)
	}
	if after := app.Exec(t, everything); after[0][0] != before[0][0] {
		t.Errorf("changed:\n%s\n%s", before, after)
	}
}

// What dies before the secret does is not published.
func TestPostgresValidUntil(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	alter := "ALTER ROLE " + quoteIdentifier(app.owner) + " VALID UNTIL '"
	for _, s := range []rotation.Subject{app.single(), app.singleByAdmin("vault.example/app-db"), app.alternating()} {
		for _, tag := range []string{rotation.TagValidity, rotation.TagInterval} {
			s.Tags = map[string]string{tag: "60", rotation.TagClass: s.Tags[rotation.TagClass]}
			if s.Tags[rotation.TagClass] == "" {
				delete(s.Tags, rotation.TagClass)
			}
			app.Exec(t, alter+time.Now().AddDate(0, 0, 50).Format(time.DateOnly)+"'")
			refusesCheck(t, s, "end before the secret's new version does")
			app.Exec(t, alter+time.Now().AddDate(0, 0, 70).Format(time.DateOnly)+"'")
			if warnings := ready(t, s); !strings.Contains(warnings, "VALID UNTIL") {
				t.Error(warnings)
			}
			app.Exec(t, alter+"infinity'")
			if warnings := ready(t, s); warnings != "" {
				t.Error(warnings)
			}
		}
	}
}

func TestPostgresReadOnly(t *testing.T) {
	app := newApplication(t, testserver.StartPostgres(t, testserver.PostgresOptions{Settings: map[string]string{"password_encryption": "md5"}}))
	app.Exec(t, "ALTER ROLE "+quoteIdentifier(app.owner)+" SET default_transaction_read_only = on; ALTER DATABASE "+quoteIdentifier(app.database)+" SET default_transaction_read_only = on")
	for _, s := range []rotation.Subject{app.single(), app.alternating()} {
		if s.Admin.IsSet() {
			app.Exec(t, "ALTER ROLE "+quoteIdentifier(app.owner)+" PASSWORD '"+verifierOf(t, canaryOwner)+"'")
		}
		if warnings := ready(t, s); !strings.Contains(warnings, "password_encryption") {
			t.Errorf("no warning of md5: %s", warnings)
		}
		rotated(t, s)
	}
	app.Exec(t, "ALTER ROLE "+quoteIdentifier(app.owner)+" PASSWORD '"+verifierOf(t, canaryOwner)+"'")
	app.BecomeStandby(t)
	s := app.alternating()
	refusesCheck(t, s, "is a standby")
	saysStop(t, s, plan(t, s).Next, "is a standby", false)
}

// The owner of a database chooses its settings. None of them may lead the administrator's session
// to code of the owner.
func TestPostgresDatabaseSettingsDoNotReachTheAdmin(t *testing.T) {
	onEachMajor(t, databaseSettingsDoNotReachTheAdmin)
}

func databaseSettingsDoNotReachTheAdmin(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	current := app.alternating().Current
	app.as(t, current, "CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO PUBLIC")
	for _, types := range []string{"name, name", "name, text", "text, text", "oid, oid", "int4, int4", `"char", "char"`, "timestamptz, timestamptz"} {
		left, right, _ := strings.Cut(types, ", ")
		app.as(t, current, fmt.Sprintf(`CREATE FUNCTION evil.steal(%s, %[2]s) RETURNS bool LANGUAGE plpgsql AS $$
			BEGIN EXECUTE 'ALTER ROLE ' || quote_ident(session_user) || ' CONNECTION LIMIT 5'; RETURN true; END $$;
			CREATE OPERATOR evil.= (FUNCTION = evil.steal, LEFTARG = %[1]s, RIGHTARG = %[2]s);
			CREATE OPERATOR evil.< (FUNCTION = evil.steal, LEFTARG = %[1]s, RIGHTARG = %[2]s)`, left, right))
	}
	app.Exec(t, "ALTER DATABASE "+quoteIdentifier(app.database)+" SET search_path = evil, pg_catalog")
	app.Exec(t, "ALTER ROLE "+quoteIdentifier(app.admin)+" CONNECTION LIMIT 9")
	s := app.alternating()
	ready(t, s)
	old := s.Current
	s = rotated(t, s)
	retire(t, s, old)
	if limit := app.Exec(t, "SELECT rolconnlimit FROM pg_roles WHERE rolname = "+quoteLiteral(app.admin))[0][0]; limit != "9" {
		t.Error("the administrator ran the owner's code")
	}
}

func TestPostgresCausesByName(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	role := quoteIdentifier(app.owner + " joe")
	app.Exec(t, "CREATE ROLE "+role+" LOGIN PASSWORD '"+verifierOf(t, canaryOwner)+"'")
	s := app.alternating()
	s.Current = urlValue(app.owner+" joe", canaryOwner)
	for _, row := range []struct {
		change, says string
		verdict      rotation.Verdict
	}{
		{"", "not a member", rotation.Rejected},
		{"ALTER ROLE " + role + " NOLOGIN", "NOLOGIN", rotation.Rejected},
		{"ALTER ROLE " + role + " LOGIN VALID UNTIL '2001-01-01'", "VALID UNTIL", rotation.Rejected},
		{"ALTER ROLE " + role + " VALID UNTIL 'infinity' CONNECTION LIMIT 0", "CONNECTION LIMIT", rotation.Unknown},
		{"ALTER ROLE " + role + " CONNECTION LIMIT -1; REVOKE CONNECT ON DATABASE " + quoteIdentifier(app.database) + " FROM PUBLIC", "GRANT CONNECT", rotation.Unknown},
		{"ALTER DATABASE " + quoteIdentifier(app.database) + " CONNECTION LIMIT 0; GRANT CONNECT ON DATABASE " + quoteIdentifier(app.database) + " TO PUBLIC", "the database has as many", rotation.Unknown},
		{"ALTER DATABASE " + quoteIdentifier(app.database) + " ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS", rotation.Unknown},
	} {
		if row.change != "" {
			app.Exec(t, row.change)
		}
		verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
		if fault := rotatortest.Fault(t, err); verdict != row.verdict || fault == nil || !strings.Contains(fault.Reason, row.says) {
			t.Errorf("%v: %v does not say %q", verdict, err, row.says)
		}
	}
}

func TestPostgresLoginThatDoesNotAct(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	s := rotated(t, app.alternating())
	app.Exec(t, "ALTER ROLE "+quoteIdentifier(app.owner+login.SuffixA)+" RESET role")
	verdict, err := Rotator{}.Probe(t.Context(), s, s.Current)
	if verdict != rotation.Rejected || err == nil || !strings.Contains(err.Error(), "SET ROLE") {
		t.Errorf("%v: %v", verdict, err)
	}
}

// pooler answers every login as PgBouncer answers its own refusals: with three fields.
func pooler(t *testing.T, code string) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			backend := pgproto3.NewBackend(conn, conn)
			if _, err := backend.ReceiveStartupMessage(); err == nil {
				backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: "canary"})
				_ = backend.Flush()
			}
			_ = conn.Close()
		}
	}()
	return "postgres://" + listener.Addr().String() + "/app?sslmode=disable"
}

func TestPostgresPooler(t *testing.T) {
	for _, code := range []string{"08P01", "28P01"} {
		s := rotation.Subject{Owner: "vault.example/app-db", Address: pooler(t, code), Current: urlValue("app", canaryOwner)}
		saysUnknown(t, s, "must name the server behind it")
		if _, err := (Rotator{}).Check(t.Context(), s); err == nil || !strings.Contains(err.Error(), "a pooler") {
			t.Error(err)
		}
	}
}

func TestPostgresVersions(t *testing.T) {
	alternating, single := target{class: rotation.Alternating}, target{class: rotation.Single}
	for version, says := range map[int]string{
		100023: "version 11 or later", 110022: "warns", 120020: "warns", 120021: "12.21, which ignores", 120022: "",
		130017: "ignores", 140014: "ignores", 150008: "warns", 150009: "15.9, which ignores", 150010: "", 150018: "",
		160004: "warns", 160005: "ignores", 160006: "", 170000: "warns", 170001: "ignores", 170002: "", 180000: "", 190000: "",
	} {
		warnings, err := alternating.checkVersion(version)
		fault := rotatortest.Fault(t, err)
		if (says == "warns") != (len(warnings) > 0) || (fault == nil) != (says == "" || says == "warns") || fault != nil && !strings.Contains(fault.Reason, says) {
			t.Errorf("%d: %v, %v", version, warnings, err)
		}
		warnings, err = single.checkVersion(version)
		if len(warnings) > 0 || (err != nil) != (version < 110000) {
			t.Errorf("class S, %d: %v, %v", version, warnings, err)
		}
	}
}

// From version 16 on, CREATEROLE alone is not enough.
func TestPostgresAdminOption(t *testing.T) {
	found := check{target: targetOf(t, subject(func(*rotation.Subject) {})), by: administrator{name: "boss", version: 160000, createsRole: true}}
	found.lookAtRole(role{name: "app", exists: true, connects: true})
	found.lookAtRole(role{name: "app_a"})
	if len(found.faults) != 1 || !strings.Contains(found.faults[0].Error(), `GRANT "app" TO "boss" WITH ADMIN OPTION`) {
		t.Error(found.faults)
	}
}

func TestPostgresSettingsAreInherited(t *testing.T) { onEachMajor(t, settingsAreInherited) }

func settingsAreInherited(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	owner, database := quoteIdentifier(app.owner), quoteIdentifier(app.database)
	app.Exec(t, "ALTER ROLE "+owner+` SET search_path = "$user", "my ""odd, schema", public`)
	app.Exec(t, "ALTER ROLE "+owner+" SET statement_timeout = '7s'; ALTER ROLE "+owner+" IN DATABASE "+database+` SET application_name = E'it''s \\ here'; `+
		"ALTER ROLE "+owner+" IN DATABASE postgres SET work_mem = '5MB'; ALTER ROLE "+owner+" CONNECTION LIMIT 7 VALID UNTIL '2099-12-31 23:59:59.5+00'")
	s := app.alternating()
	for range 3 {
		s = rotated(t, s)
		for setting, want := range map[string]string{"search_path": `"$user", "my ""odd, schema", public`, "statement_timeout": "7s"} {
			if got := app.as(t, s.Current, "SHOW "+setting); got != want {
				t.Errorf("%s is %s", setting, got)
			}
		}
		app.sameAsOwner(t, s)
	}
	app.Exec(t, "ALTER ROLE "+owner+" RESET statement_timeout; ALTER ROLE "+owner+" IN DATABASE "+database+" RESET ALL; ALTER ROLE "+owner+" SET work_mem = '6MB'; "+
		"ALTER ROLE "+owner+" CONNECTION LIMIT -1 VALID UNTIL 'infinity'; ALTER ROLE "+owner+` SET search_path = ''`)
	for range 2 {
		s = rotated(t, s)
		app.sameAsOwner(t, s)
	}
}

// sameAsOwner compares what ALTER ROLE gave to the current login with what it gave to the owner.
func (app application) sameAsOwner(t *testing.T, s rotation.Subject) {
	t.Helper()
	of := func(name string) []string {
		var all []string
		for _, row := range app.Exec(t, "SELECT setdatabase || ':' || c FROM pg_db_role_setting, unnest(setconfig) c WHERE setrole::regrole = "+
			quoteLiteral(quoteIdentifier(name))+"::regrole AND c NOT LIKE 'role=%' UNION ALL SELECT rolconnlimit || ' ' || COALESCE(rolvaliduntil, 'infinity') FROM pg_roles WHERE rolname = "+
			quoteLiteral(name)+" ORDER BY 1") {
			all = append(all, row[0])
		}
		return all
	}
	l, _ := login.Parse(s.Current, "")
	if got, want := of(l.User), of(app.owner); !slices.Equal(got, want) {
		t.Errorf("%q is not %q", got, want)
	}
}

// A setting that only a superuser may give is never left out in silence.
func TestPostgresSettingsThatNeedASuperuser(t *testing.T) { onEachMajor(t, settingsThatNeedASuperuser) }

func settingsThatNeedASuperuser(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	owner := quoteIdentifier(app.owner)
	app.Exec(t, "ALTER ROLE "+owner+" SET shop.tenant = 'canary'; ALTER ROLE "+owner+" SET log_statement = 'none'; ALTER ROLE "+owner+" SET work_mem = '5MB'")
	s := app.alternating()
	refusesCheck(t, s, "log_statement, shop.tenant")
	saysStop(t, s, plan(t, s).Next, "log_statement, shop.tenant", false)
	for _, suffix := range []string{login.SuffixA, login.SuffixB} {
		role := quoteIdentifier(app.owner + suffix)
		app.administer(t, app.owner+suffix, "")
		app.Exec(t, "ALTER ROLE "+role+" SET shop.tenant = 'canary'; ALTER ROLE "+role+" SET log_statement = 'none'; ALTER ROLE "+role+" SET log_duration = on")
		app.Exec(t, targetOf(t, s).markStatement(app.owner+suffix))
	}
	ready(t, s)
	s = rotated(t, s)
	if got := app.as(t, s.Current, "SELECT current_setting('shop.tenant') || current_setting('work_mem') || current_setting('log_duration')"); got != "canary5MBon" {
		t.Error(got)
	}
}

func TestPostgresNameLists(t *testing.T) {
	for stored, names := range map[string][]string{
		`"$user", public`: {"$user", "public"}, `""`: {""}, `"a""b",c`: {`a"b`, "c"}, `""""`: {`"`}, `"a, b",  "c"`: {"a, b", "c"}, `a`: {"a"},
	} {
		if got := splitNames(stored); !slices.Equal(got, names) {
			t.Errorf("%s: %q", stored, got)
		}
	}
}
