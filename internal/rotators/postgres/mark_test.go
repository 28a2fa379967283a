package postgres

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

// refuses checks that both Check and Apply refuse, with a permanent fault that contains a text.
func refuses(t *testing.T, s rotation.Subject, says string) {
	t.Helper()
	refusesCheck(t, s, says)
	rotatortest.WantPermanent(t, Rotator{}.Apply(t.Context(), s, plan(t, s).Next, rotatortest.Unfenced), says)
}

// ready checks that Check finds nothing wrong, and returns its warnings.
func ready(t *testing.T, s rotation.Subject) string {
	t.Helper()
	warnings, err := Rotator{}.Check(t.Context(), s)
	if err != nil {
		t.Fatalf("not ready: %v", err)
	}
	return strings.Join(warnings, "\n")
}

// elsewhere returns the subject in another database of the server.
func (app application) elsewhere(s rotation.Subject) rotation.Subject {
	s.Address = strings.Replace(s.Address, "/"+url.PathEscape(app.database)+"?", "/postgres?", 1)
	return s
}

// rotated applies the next value and returns the subject after its publication.
func rotated(t *testing.T, s rotation.Subject) rotation.Subject {
	t.Helper()
	next := plan(t, s).Next
	apply(t, s, next)
	s.Current = next
	return s
}

func (app application) commentOf(t *testing.T, name string) string {
	t.Helper()
	return app.Exec(t, "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = "+quoteLiteral(name))[0][0]
}

func TestPostgresPairBelongsToOneSecret(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	first := rotated(t, app.alternating())
	second := app.alternating()
	second.Owner = "vault.example/other-db"
	refuses(t, second, "the secret vault.example/app-db")
	refuses(t, app.elsewhere(second), "the secret vault.example/app-db")
	probes(t, first, first.Current, rotation.Accepted)
	app.Exec(t, "COMMENT ON ROLE "+quoteIdentifier(app.owner+login.SuffixA)+" IS 'Rotunda: canary of a bad mark'")
	refuses(t, second, "belongs to another secret")
	first.Owner = "vault.example/renamed"
	refuses(t, first, "COMMENT ON ROLE")
}

func TestPostgresForeignLoginIsNeverTouched(t *testing.T) { onEachMajor(t, foreignLoginIsNeverTouched) }

func foreignLoginIsNeverTouched(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	for _, suffix := range []string{login.SuffixA, login.SuffixB} {
		app := newApplication(t, server)
		s := app.alternating()
		foreign := app.owner + suffix
		role := quoteIdentifier(foreign)
		app.administer(t, foreign, "LOGIN PASSWORD '"+verifierOf(t, "canary-of-another")+"'")
		refuses(t, s, "nothing shows that Rotunda made it")
		app.Exec(t, "GRANT "+quoteIdentifier(app.owner)+" TO "+role+"; ALTER ROLE "+role+" SET ROLE "+quoteIdentifier(app.owner))
		refuses(t, s, "nothing shows that Rotunda made it")
		probes(t, s, urlValue(foreign, "canary-of-another"), rotation.Accepted)
		app.Exec(t, targetOf(t, s).markStatement(foreign))
		ready(t, s)
		s = rotated(t, s)
		probes(t, rotated(t, s), urlValue(foreign, "canary-of-another"), rotation.Rejected)
	}
}

func targetOf(t *testing.T, s rotation.Subject) target {
	t.Helper()
	found, err := readTarget(s)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Earlier releases left no marks. The current login proves itself by its password; the other one
// is given to the secret by hand.
func TestPostgresAdoptsAnUnmarkedPair(t *testing.T) { onEachMajor(t, adoptsAnUnmarkedPair) }

func adoptsAnUnmarkedPair(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	s := rotated(t, rotated(t, app.alternating()))
	a, b := app.owner+login.SuffixA, app.owner+login.SuffixB
	app.Exec(t, "COMMENT ON ROLE "+quoteIdentifier(a)+" IS NULL; COMMENT ON ROLE "+quoteIdentifier(b)+" IS E'of the shop\\n  ask Ann'")
	refuses(t, s, a)
	app.Exec(t, targetOf(t, s).markStatement(a))
	lost := s
	lost.Current = urlValue(b, "canary-of-a-forged-record")
	rotatortest.WantPermanent(t, Rotator{}.Apply(t.Context(), lost, plan(t, s).Next, rotatortest.Unfenced), "Nothing proves")
	ready(t, s)
	s = rotated(t, s)
	for name, want := range map[string]string{a: "Rotunda: vault.example/app-db", b: "of the shop\n  ask Ann\nRotunda: vault.example/app-db"} {
		if comment := app.commentOf(t, name); comment != want {
			t.Errorf("%s: %q", name, comment)
		}
	}
	ready(t, s)
	rotated(t, s)
}

// A record that somebody forged names a target in the hope that the administrator acts on it.
func TestPostgresUnprovenSecretGetsNoPair(t *testing.T) { onEachMajor(t, unprovenSecretGetsNoPair) }

func unprovenSecretGetsNoPair(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	app.Exec(t, "CREATE ROLE "+quoteIdentifier(app.owner+" joe")+" LOGIN PASSWORD '"+verifierOf(t, canaryOwner)+"'")
	for _, current := range []secret.Value{urlValue(app.owner, "canary-guess"), urlValue(app.owner+" joe", canaryOwner), urlValue("nobody at all", "canary-guess")} {
		s := app.alternating()
		s.Current = current
		rotatortest.WantPermanent(t, Rotator{}.Apply(t.Context(), s, plan(t, s).Next, rotatortest.Unfenced), "Nothing proves")
	}
	if rows := app.Exec(t, "SELECT FROM pg_roles WHERE rolname = "+quoteLiteral(app.owner+login.SuffixA)); len(rows) != 0 {
		t.Error("the login was created")
	}
	s := app.alternating()
	s.Owner = ""
	refuses(t, s, "does not know the name")
}

// singleByAdmin returns a secret of class S with an administrator.
func (app application) singleByAdmin(owner string) rotation.Subject {
	s := app.alternating()
	s.Owner, s.Tags = owner, map[string]string{rotation.TagClass: "S"}
	return s
}

func TestPostgresLoginOfClassSBelongsToOneSecret(t *testing.T) {
	onEachMajor(t, loginOfClassSBelongsToOneSecret)
}

func loginOfClassSBelongsToOneSecret(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	s, twin := app.singleByAdmin("vault.example/payments"), app.singleByAdmin("vault.example/twin")
	guess := s
	guess.Current = urlValue(app.owner, "canary-guess")
	rotatortest.WantPermanent(t, Rotator{}.Apply(t.Context(), guess, plan(t, guess).Next, rotatortest.Unfenced), "Nothing proves")
	probes(t, s, s.Current, rotation.Accepted)
	ready(t, twin)
	old := s.Current
	s = rotated(t, s)
	refuses(t, twin, "vault.example/payments")
	byItself := twin
	byItself.Admin, byItself.Current, byItself.Tags = secret.Value{}, s.Current, map[string]string{}
	refuses(t, byItself, "vault.example/payments")
	probes(t, s, s.Current, rotation.Accepted)
	s.Current = old // a rotation that is resumed after its change
	apply(t, s, plan(t, s).Next)
}

func TestPostgresAdminChangesNoMightyRole(t *testing.T) { onEachMajor(t, adminChangesNoMightyRole) }

func adminChangesNoMightyRole(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	s, role := app.singleByAdmin("vault.example/app-db"), quoteIdentifier(app.owner)
	group := quoteIdentifier(app.owner + " group")
	app.Exec(t, "CREATE ROLE "+group+" CREATEROLE")
	for might, undo := range map[string]string{
		"ALTER ROLE " + role + " REPLICATION":                  "ALTER ROLE " + role + " NOREPLICATION",
		"GRANT " + group + " TO " + role:                       "REVOKE " + group + " FROM " + role,
		"GRANT pg_execute_server_program TO " + role:           "REVOKE pg_execute_server_program FROM " + role,
		"ALTER ROLE " + role + " NOINHERIT BYPASSRLS":          "ALTER ROLE " + role + " INHERIT NOBYPASSRLS",
		"ALTER ROLE " + role + " SUPERUSER CONNECTION LIMIT 9": "ALTER ROLE " + role + " NOSUPERUSER",
	} {
		app.Exec(t, might)
		refuses(t, s, "SUPERUSER, REPLICATION")
		refuses(t, app.alternating(), "SUPERUSER, REPLICATION")
		if !strings.Contains(might, "REPLICATION") { // which before version 16 only a superuser may change
			ready(t, app.single()) // by its own authority
		}
		app.Exec(t, undo)
	}
	ready(t, s)
}

// Two workers may adopt one login at a time: advisory locks are per database.
func TestPostgresOneOfTwoClaims(t *testing.T) { onEachMajor(t, oneOfTwoClaims) }

func oneOfTwoClaims(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	s, twin := app.singleByAdmin("vault.example/payments"), app.singleByAdmin("vault.example/twin")
	twin = app.elsewhere(twin)
	next := plan(t, twin).Next
	err := Rotator{}.Apply(t.Context(), s, plan(t, s).Next, func(context.Context) error {
		apply(t, twin, next)
		return nil
	})
	rotatortest.WantPermanent(t, err, "vault.example/twin")
	probes(t, twin, next, rotation.Accepted)
}

func TestPostgresRetireLeavesOthersAlone(t *testing.T) { onEachMajor(t, retireLeavesOthersAlone) }

func retireLeavesOthersAlone(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	joe := app.owner + " joe"
	role := quoteIdentifier(joe)
	app.administer(t, joe, "LOGIN PASSWORD '"+verifierOf(t, "canary-of-joe")+"'")
	app.Exec(t, "GRANT "+quoteIdentifier(app.owner)+" TO "+role)
	s := rotated(t, app.alternating())
	retire(t, s, urlValue(joe, "canary-guess"))
	probes(t, s, urlValue(joe, "canary-of-joe"), rotation.Accepted)
	app.Exec(t, "COMMENT ON ROLE "+role+" IS 'Rotunda: vault.example/joe'")
	rotatortest.WantPermanent(t, Rotator{}.Retire(t.Context(), s, urlValue(joe, "canary-of-joe"), rotatortest.Unfenced), "vault.example/joe")
	probes(t, s, urlValue(joe, "canary-of-joe"), rotation.Accepted)
	app.Exec(t, "COMMENT ON ROLE "+role+" IS NULL")
	retire(t, s, urlValue(joe, "canary-of-joe"))
	probes(t, s, urlValue(joe, "canary-of-joe"), rotation.Rejected)
}

// A server that asks for no password proves none.
func TestPostgresTrustProvesNothing(t *testing.T) {
	app := newApplication(t, testserver.StartPostgres(t, testserver.PostgresOptions{HBA: []string{"host all joe all trust"}}))
	app.administer(t, "joe", "LOGIN PASSWORD '"+verifierOf(t, "canary-of-joe")+"'")
	s := rotated(t, app.alternating())
	for _, query := range []string{s.Address[strings.Index(s.Address, "?"):], "?sslmode=disable"} {
		s = withQuery(s, query)
		if fault := rotatortest.Fault(t, Rotator{}.Retire(t.Context(), s, urlValue("joe", "canary-guess"), rotatortest.Unfenced)); fault == nil || !strings.Contains(fault.Reason, "must be proven") {
			t.Errorf("retired: %v", fault)
		}
		taken := app.singleByAdmin("vault.example/thief")
		taken.Current, taken.CredentialID = urlValue("joe", "canary-guess"), ""
		fault := rotatortest.Fault(t, Rotator{}.Apply(t.Context(), withQuery(taken, query), plan(t, taken).Next, rotatortest.Unfenced))
		if fault == nil || !strings.Contains(fault.Reason, "must be proven") {
			t.Errorf("applied: %v", fault)
		}
	}
	if rows := app.Exec(t, "SELECT FROM pg_authid WHERE rolname = 'joe' AND rolpassword IS NOT NULL"); len(rows) != 1 {
		t.Error("the password is gone")
	}
}

// A password that still works is removed, though a limit or an attribute keeps the login out.
func TestPostgresRetiresALoginThatIsKeptOut(t *testing.T) { onEachMajor(t, retiresALoginThatIsKeptOut) }

func retiresALoginThatIsKeptOut(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	role := quoteIdentifier(app.owner)
	for _, kept := range []string{"CONNECTION LIMIT 0", "NOLOGIN"} {
		s := rotated(t, app.alternating())
		app.Exec(t, "ALTER ROLE "+role+" "+kept)
		retire(t, s, app.alternating().Current)
		if rows := app.Exec(t, "SELECT FROM pg_authid WHERE rolpassword IS NULL AND rolname = "+quoteLiteral(app.owner)); len(rows) != 1 {
			t.Errorf("%s: the password is still there", kept)
		}
		app.Exec(t, "ALTER ROLE "+role+" LOGIN CONNECTION LIMIT -1 PASSWORD '"+verifierOf(t, canaryOwner)+"'")
	}
}

// When a credential counts as retired, the server has refused it in so many words.
func TestPostgresRetiredLoginsAreRejected(t *testing.T) { onEachMajor(t, retiredLoginsAreRejected) }

func retiredLoginsAreRejected(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	s := app.alternating()
	for _, afterwards := range []string{"", "ALTER ROLE %s NOLOGIN", "ALTER ROLE %s VALID UNTIL '2001-01-01'", "DROP ROLE %s"} {
		old := s.Current
		s = rotated(t, s)
		retire(t, s, old)
		probes(t, s, old, rotation.Rejected)
		if l, _ := login.Parse(old, ""); afterwards != "" {
			app.Exec(t, strings.ReplaceAll(afterwards, "%s", quoteIdentifier(l.User)))
		}
		probes(t, s, old, rotation.Rejected)
		retire(t, s, old)
	}
}

// A dry run turns no rotation away, and leaves no lock behind.
func TestPostgresCheckHoldsNoLock(t *testing.T) { onEachMajor(t, checkHoldsNoLock) }

func checkHoldsNoLock(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	s := app.alternating()
	for range 5 {
		ready(t, s)
		old := s.Current
		s = rotated(t, s)
		ready(t, s)
		retire(t, s, old)
	}
	err := Rotator{}.Apply(t.Context(), s, plan(t, s).Next, func(context.Context) error { ready(t, s); return nil })
	if err != nil {
		t.Error(err)
	}
}
