package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

const canaryBoss = "canary-of-the-boss"

// newAdministrators returns a server as Azure has it, where the owner is a role of administrators
// that the server's administrator has made. Its secret has the latter's login at first.
func newAdministrators(t *testing.T, server *testserver.Postgres) (app application, s rotation.Subject) {
	t.Helper()
	app = newApplication(t, server)
	boss := app.owner + " boss"
	app.owner += " dba"
	owner, quoted := quoteIdentifier(app.owner), quoteIdentifier(boss)
	app.Exec(t, `DO $$ BEGIN CREATE ROLE azure_pg_admin NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
	app.Exec(t, "CREATE ROLE "+quoted+" LOGIN CREATEDB CREATEROLE PASSWORD '"+verifierOf(t, canaryBoss)+"'; GRANT azure_pg_admin TO "+quoted+" WITH ADMIN OPTION")
	byBoss := server.Connect(t, "postgres", boss, canaryBoss)
	for _, statement := range []string{
		"CREATE ROLE " + owner + " CREATEDB CREATEROLE", "GRANT azure_pg_admin TO " + owner + " WITH ADMIN OPTION", "GRANT " + owner + " TO CURRENT_USER",
	} {
		if _, err := byBoss.Exec(t.Context(), statement).ReadAll(); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	s = app.single()
	s.Tags, s.CredentialID, s.Current = map[string]string{rotation.TagClass: "A"}, app.owner, urlValue(boss, canaryBoss)
	return app, s
}

// superuserAdministrators is newAdministrators with superusers.
func superuserAdministrators(t *testing.T, server *testserver.Postgres) (app application, s rotation.Subject) {
	t.Helper()
	app, s = newAdministrators(t, server)
	app.Exec(t, "ALTER ROLE "+quoteIdentifier(app.owner)+" SUPERUSER; ALTER ROLE "+quoteIdentifier(userOf(s.Current))+" SUPERUSER")
	return app, s
}

func userOf(value secret.Value) string {
	l, _ := login.Parse(value, "")
	return l.User
}

func onEachMajorByAdministrators(t *testing.T, test func(*testing.T, application, rotation.Subject)) {
	t.Helper()
	onEachMajor(t, func(t *testing.T, server *testserver.Postgres) {
		t.Helper()
		for name, start := range map[string]func(*testing.T, *testserver.Postgres) (application, rotation.Subject){"as in Azure": newAdministrators, "superusers": superuserAdministrators} {
			t.Run(name, func(t *testing.T) {
				app, s := start(t, server)
				test(t, app, s)
			})
		}
	})
}

func onEachMajorAsInAzure(t *testing.T, test func(*testing.T, application, rotation.Subject)) {
	t.Helper()
	onEachMajor(t, func(t *testing.T, server *testserver.Postgres) {
		t.Helper()
		app, s := newAdministrators(t, server)
		test(t, app, s)
	})
}

// turn rotates once as the engine does, and checks each step at the server.
func turn(t *testing.T, s rotation.Subject) rotation.Subject {
	t.Helper()
	ready(t, s)
	p := plan(t, s)
	probes(t, s, s.Current, rotation.Accepted)
	probes(t, s, p.Decoy, rotation.Rejected)
	probes(t, s, p.Next, rotation.Rejected)
	for range 2 { // the second is one whose answer was lost
		apply(t, s, p.Next)
		probes(t, s, p.Next, rotation.Accepted)
		probes(t, s, s.Current, rotation.Accepted)
	}
	old := s.Current
	s.Current = p.Next
	for range 2 {
		retire(t, s, old)
		probes(t, s, old, rotation.Rejected)
		probes(t, s, s.Current, rotation.Accepted)
	}
	return s
}

func TestPostgresAdministratorsTakeTurns(t *testing.T) {
	onEachMajorByAdministrators(t, administratorsTakeTurns)
}

func administratorsTakeTurns(t *testing.T, app application, s rotation.Subject) {
	boss, old := s.Current, s.Current
	for i := range 5 {
		old, s = s.Current, turn(t, s)
		if got, want := userOf(s.Current), app.owner+[]string{login.SuffixA, login.SuffixB}[i%2]; got != want {
			t.Fatalf("turn %d is %s's", i, got)
		}
		app.administers(t, s.Current, i)
	}
	if app.Exec(t, "SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = "+quoteLiteral(userOf(boss)))[0][0] != "t" {
		t.Error("the first login still has a password")
	}
	for _, row := range app.Exec(t, `SELECT rolname FROM pg_roles WHERE (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls) AND rolname IN (`+
		quoteLiteral(app.owner+login.SuffixA)+", "+quoteLiteral(app.owner+login.SuffixB)+")") {
		t.Errorf("%s has rights of its own", row[0])
	}
	rotatortest.RetireLate(t, Rotator{}, s, old.Reveal(), false)
}

// administers checks that a login can do what an administrator does, and that the next one can do
// it to the same roles: what they make is the owner's.
func (app application) administers(t *testing.T, value secret.Value, turn int) {
	t.Helper()
	name := func(n int) string { return quoteIdentifier(app.owner + " made " + string(rune('a'+n))) }
	statements := "CREATE ROLE " + name(turn) + " LOGIN PASSWORD '" + verifierOf(t, canaryOwner) + "'; GRANT azure_pg_admin TO " + name(turn)
	if turn > 0 {
		statements += "; ALTER ROLE " + name(turn-1) + " CONNECTION LIMIT 3; DROP ROLE " + name(turn-1)
	}
	app.asAdmin(t, value, statements)
	database := quoteIdentifier(strings.ToLower(app.owner) + string(rune('a'+turn)))
	app.asAdmin(t, value, "CREATE DATABASE "+database+" TEMPLATE template0")
	if owner := app.Exec(t, "SELECT datdba::regrole FROM pg_database WHERE datname = "+quoteLiteral(strings.ToLower(app.owner)+string(rune('a'+turn))))[0][0]; owner != quoteIdentifier(app.owner) {
		t.Errorf("the database belongs to %s", owner)
	}
	app.Exec(t, "DROP DATABASE "+database)
}

func (app application) asAdmin(t *testing.T, value secret.Value, sql string) {
	t.Helper()
	app.database = "postgres"
	app.as(t, value, sql)
}

// While one login of the pair is in use, the other has a password that only this value gives.
func TestPostgresRestingLogin(t *testing.T) { onEachMajorAsInAzure(t, restingLogin) }

func restingLogin(t *testing.T, app application, s rotation.Subject) {
	s = turn(t, s)
	resting := func(s rotation.Subject, user string) secret.Value {
		found := targetOf(t, s)
		l := found.resting(user, found.current)
		return urlValue(l.User, l.Password.Reveal())
	}
	a, b := app.owner+login.SuffixA, app.owner+login.SuffixB
	whileA := resting(s, b)
	probes(t, s, whileA, rotation.Accepted)
	probes(t, s, resting(s, a), rotation.Rejected)
	s = turn(t, s)
	probes(t, s, whileA, rotation.Rejected)
	whileB := resting(s, a)
	probes(t, s, whileB, rotation.Accepted)
	s = turn(t, s)
	probes(t, s, whileB, rotation.Rejected)
	probes(t, s, whileA, rotation.Rejected)
	log := app.Log()
	for _, value := range []secret.Value{s.Current, whileA, whileB, resting(s, b)} {
		if l, _ := login.Parse(value, ""); strings.Contains(log, l.Password.Reveal()) {
			t.Error("a password is in the server's log")
		}
	}
}

// A rollback to the first login, or a first rotation that is given up, ends both of the pair.
func TestPostgresPairThatIsLeftEnds(t *testing.T) { onEachMajorAsInAzure(t, pairThatIsLeftEnds) }

func pairThatIsLeftEnds(t *testing.T, app application, s rotation.Subject) {
	next := plan(t, s).Next
	apply(t, s, next)
	found := targetOf(t, s)
	first, err := found.loginOf(next)
	if err != nil {
		t.Fatal(err)
	}
	other := found.resting(app.owner+login.SuffixB, first)
	probes(t, s, urlValue(other.User, other.Password.Reveal()), rotation.Accepted)
	for range 2 {
		retire(t, s, next)
		for _, suffix := range []string{login.SuffixA, login.SuffixB} {
			if app.Exec(t, "SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = "+quoteLiteral(app.owner+suffix))[0][0] != "t" {
				t.Errorf("%s still has a password", suffix)
			}
		}
	}
	turn(t, turn(t, s))
}

// A rotation that is taken back leaves a pair that can go on.
func TestPostgresPairGoesOnAfterARollback(t *testing.T) {
	onEachMajorAsInAzure(t, pairGoesOnAfterARollback)
}

func pairGoesOnAfterARollback(t *testing.T, _ application, s rotation.Subject) {
	s = turn(t, turn(t, s))
	next := plan(t, s).Next
	apply(t, s, next)
	retire(t, s, next) // it was not published
	probes(t, s, next, rotation.Rejected)
	old := s.Current
	s = turn(t, s)
	apply(t, s, old) // rolled back after the grace period
	rolled := s.Current
	s.Current = old
	retire(t, s, rolled)
	probes(t, s, rolled, rotation.Rejected)
	turn(t, turn(t, s))
}

// Somebody changed the other login's password, or the current one by hand. Where the current login
// may, it repairs the pair. Otherwise the message says how: with the login that made it.
func TestPostgresPairIsRepaired(t *testing.T) { onEachMajorByAdministrators(t, pairIsRepaired) }

func pairIsRepaired(t *testing.T, app application, s rotation.Subject) {
	boss := s.Current
	s = turn(t, s)
	b := quoteIdentifier(app.owner + login.SuffixB)
	for _, damage := range []string{"ALTER ROLE " + b + " PASSWORD 'canary-by-hand'", "ALTER ROLE " + b + " NOLOGIN", "DROP ROLE " + b} {
		app.Exec(t, damage)
		if superuser := app.Exec(t, "SELECT rolsuper FROM pg_roles WHERE rolname = "+quoteLiteral(app.owner))[0][0] == "t"; superuser || app.version(t) < 16 {
			s = turn(t, turn(t, s))
			continue
		}
		refusesCheck(t, s, "Set the secret to a login that may")
		saysStop(t, s, plan(t, s).Next, "Set the secret to a login that may", false)
		probes(t, s, s.Current, rotation.Accepted)
		app.Exec(t, "ALTER ROLE "+quoteIdentifier(userOf(boss))+" PASSWORD '"+verifierOf(t, canaryBoss)+"'")
		s.Current = boss
		s = turn(t, s)
	}
}

func TestPostgresPairWithoutRights(t *testing.T) {
	onEachMajorAsInAzure(t, func(t *testing.T, app application, s rotation.Subject) {
		boss := quoteIdentifier(userOf(s.Current))
		app.Exec(t, "ALTER ROLE "+boss+" NOCREATEROLE")
		refusesCheck(t, s, "ALTER ROLE "+boss+" CREATEROLE")
		saysStop(t, s, plan(t, s).Next, "CREATEROLE", false)
		app.Exec(t, "ALTER ROLE "+boss+" CREATEROLE")
		byItself := s
		byItself.CredentialID = userOf(s.Current)
		if app.version(t) >= 16 {
			refusesCheck(t, byItself, "a role can't be granted by itself")
		}
		stranger := s
		stranger.CredentialID = app.owner + " of others"
		app.Exec(t, "CREATE ROLE "+quoteIdentifier(stranger.CredentialID))
		probes(t, stranger, stranger.Current, rotation.Rejected) // it is not a member
		saysStop(t, stranger, plan(t, stranger).Next, "Nothing proves", true)
	})
}

// The tags of a secret give nobody an administrator: not by the authority of its readers' login,
// and not by that of another secret.
func TestPostgresPairTakesNobodysLogin(t *testing.T) { onEachMajorAsInAzure(t, pairTakesNobodysLogin) }

func pairTakesNobodysLogin(t *testing.T, app application, s rotation.Subject) {
	foreign := app.owner + login.SuffixB
	boss := quoteIdentifier(userOf(s.Current))
	app.Exec(t, "CREATE ROLE "+quoteIdentifier(foreign)+" LOGIN PASSWORD '"+verifierOf(t, "canary-of-another")+"'; GRANT "+quoteIdentifier(foreign)+" TO "+boss+" WITH ADMIN OPTION")
	refuses(t, s, "nothing shows that Rotunda made it")
	app.Exec(t, "COMMENT ON ROLE "+quoteIdentifier(foreign)+" IS 'Rotunda: vault.example/another'")
	refuses(t, s, "the secret vault.example/another")
	itself := app.single()
	itself.CredentialID, itself.Current = "", urlValue(foreign, "canary-of-another")
	probes(t, itself, itself.Current, rotation.Accepted)
	byAdmin := s
	byAdmin.Admin = urlValue(app.admin, canaryAdmin)
	fault := rotatortest.Fault(t, Rotator{}.Apply(t.Context(), byAdmin, plan(t, byAdmin).Next, rotatortest.Unfenced))
	if fault == nil || !fault.Permanent {
		t.Errorf("another administrator took part: %v", fault)
	}
}

func TestPostgresPairIsFencedAndLocked(t *testing.T) {
	_, s := newAdministrators(t, testserver.SharedPostgres(t))
	for range 3 {
		next := plan(t, s).Next
		err := Rotator{}.Apply(t.Context(), s, next, func(ctx context.Context) error {
			fault := rotatortest.Fault(t, Rotator{}.Apply(ctx, s, plan(t, s).Next, rotatortest.Unfenced))
			if fault == nil || fault.Permanent || !strings.Contains(fault.Reason, "lock") {
				t.Errorf("two at once: %v", fault)
			}
			return context.Canceled
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("not the fence's error: %v", err)
		}
		probes(t, s, next, rotation.Rejected)
		s = turn(t, s)
	}
}

// A login that is turned off keeps its old password, which it can't change then.
func TestPostgresPairRetiresNoLoginThatIsTurnedOff(t *testing.T) {
	onEachMajorAsInAzure(t, func(t *testing.T, app application, s rotation.Subject) {
		s = turn(t, s)
		old := s.Current
		s = rotated(t, s)
		for _, off := range []string{"NOLOGIN", "VALID UNTIL '2001-01-01'"} {
			role := quoteIdentifier(userOf(old))
			app.Exec(t, "ALTER ROLE "+role+" "+off)
			fault := rotatortest.Fault(t, Rotator{}.Retire(t.Context(), s, old, rotatortest.Unfenced))
			if fault == nil || fault.Permanent || !strings.Contains(fault.Reason, "is turned off") {
				t.Errorf("%s: %v", off, fault)
			}
			app.Exec(t, "ALTER ROLE "+role+" LOGIN VALID UNTIL 'infinity'")
		}
		retire(t, s, old)
		probes(t, s, old, rotation.Rejected)
		turn(t, s)
	})
}

// Each of the two statements that the message of a login that is turned off names is enough.
func TestPostgresRemediesForALoginThatIsTurnedOff(t *testing.T) {
	onEachMajorAsInAzure(t, func(t *testing.T, app application, s rotation.Subject) {
		boss := s.Current
		s = rotated(t, s)
		role := quoteIdentifier(userOf(boss))
		for _, off := range []string{"NOLOGIN", "VALID UNTIL '2001-01-01'", "NOLOGIN VALID UNTIL '2001-01-01'"} {
			app.Exec(t, "ALTER ROLE "+role+" LOGIN VALID UNTIL 'infinity' PASSWORD '"+verifierOf(t, canaryBoss)+"'")
			app.Exec(t, "ALTER ROLE "+role+" "+off)
			for _, remedy := range []string{" PASSWORD NULL VALID UNTIL 'infinity';", " LOGIN VALID UNTIL 'infinity';"} {
				fault := rotatortest.Fault(t, Rotator{}.Retire(t.Context(), s, boss, rotatortest.Unfenced))
				if fault == nil || !strings.Contains(fault.Reason, "ALTER ROLE "+role+remedy) {
					t.Fatalf("%s: %v", off, fault)
				}
				app.Exec(t, "BEGIN; ALTER ROLE "+role+remedy+"COMMIT")
				retire(t, s, boss)
				app.Exec(t, "ALTER ROLE "+role+" LOGIN VALID UNTIL 'infinity'")
				probes(t, s, boss, rotation.Rejected)
				app.Exec(t, "ALTER ROLE "+role+" PASSWORD '"+verifierOf(t, canaryBoss)+"' "+off)
			}
		}
	})
}

// The login that rests has the password of a value that is given up, also while it is turned off.
func TestPostgresPairThatIsLeftEndsThoughOneIsTurnedOff(t *testing.T) {
	onEachMajorAsInAzure(t, func(t *testing.T, app application, s rotation.Subject) {
		next := plan(t, s).Next
		apply(t, s, next)
		other := quoteIdentifier(app.owner + login.SuffixB)
		app.Exec(t, "ALTER ROLE "+other+" NOLOGIN")
		fault := rotatortest.Fault(t, Rotator{}.Retire(t.Context(), s, next, rotatortest.Unfenced))
		if fault == nil || !strings.Contains(fault.Reason, "ALTER ROLE "+other+" LOGIN") {
			t.Fatal(fault)
		}
		app.Exec(t, "ALTER ROLE "+other+" LOGIN")
		retire(t, s, next)
		for _, suffix := range []string{login.SuffixA, login.SuffixB} {
			if app.Exec(t, "SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = "+quoteLiteral(app.owner+suffix))[0][0] != "t" {
				t.Errorf("%s still has a password", suffix)
			}
		}
	})
}

// What a login of the pair can't give itself, the dry run says before anything is changed.
func TestPostgresPairLacksWhatItCantGiveItself(t *testing.T) {
	onEachMajorAsInAzure(t, func(t *testing.T, app application, s rotation.Subject) {
		boss := quoteIdentifier(userOf(s.Current))
		s = turn(t, s)
		owner, b := quoteIdentifier(app.owner), quoteIdentifier(app.owner+login.SuffixB)
		app.Exec(t, "SET ROLE "+boss+"; REVOKE "+owner+" FROM "+b)
		refusesCheck(t, s, "GRANT "+owner+" TO "+b+";")
		app.Exec(t, "GRANT "+owner+" TO "+b)
		if said := ready(t, s); strings.Contains(said, "CONNECTION LIMIT") {
			t.Error(said)
		}
		for options, remedy := range map[string]string{
			"CONNECTION LIMIT 7": "CONNECTION LIMIT 7 VALID UNTIL 'infinity'",
			"CONNECTION LIMIT 0 VALID UNTIL '2999-01-01 00:00:00+00'": "CONNECTION LIMIT -1 VALID UNTIL '2999-01-01 00:00:00+00'",
			"CONNECTION LIMIT 7 VALID UNTIL '2998-01-01 00:00:00+00'": "CONNECTION LIMIT 7 VALID UNTIL '2998-01-01 00:00:00+00'",
		} {
			app.Exec(t, "ALTER ROLE "+b+" CONNECTION LIMIT -1 VALID UNTIL 'infinity'; ALTER ROLE "+owner+" CONNECTION LIMIT -1 VALID UNTIL 'infinity'; ALTER ROLE "+owner+" "+options)
			remedy = "ALTER ROLE " + b + " " + remedy + ";"
			if said := ready(t, s); !strings.Contains(said, remedy) {
				t.Errorf("%q lacks %q", said, remedy)
			}
			app.Exec(t, remedy)
			if said := ready(t, s); strings.Contains(said, "CONNECTION LIMIT") {
				t.Error(said)
			}
		}
		turn(t, s)
	})
}

// A worker sleeps after it has logged in to retire a login of the pair, until others have given
// that login another password. Only the fence keeps it from that.
func TestPostgresAPairsWorkerThatSlept(t *testing.T) {
	_, s := newAdministrators(t, testserver.SharedPostgres(t))
	s = turn(t, s)
	for _, fence := range []rotation.Fence{func(context.Context) error { return errors.New("others have gone on") }, rotatortest.Unfenced} {
		old, next := s.Current, plan(t, s).Next
		apply(t, s, next)
		s.Current = next
		late := targetOf(t, s)
		given, err := late.loginOf(old)
		rotatortest.Must(t, err)
		session, err := late.tryToOpen(t.Context(), given)
		rotatortest.Must(t, err)
		retire(t, s, old)
		next = plan(t, s).Next
		apply(t, s, next)
		want := rotation.Accepted
		if err := late.setItself(t.Context(), session, given.User, "NULL", fence); err == nil {
			want = rotation.Rejected
		}
		session.close()
		probes(t, s, next, want)
		s.Current = next
	}
}
