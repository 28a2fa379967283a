package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func TestPostgresAlternates(t *testing.T) { onEachMajor(t, alternates) }

func alternates(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	s := app.alternating()
	identity := plan(t, s).Identity
	for turn := range 10 {
		p := plan(t, s)
		if p.Class != rotation.Alternating || p.Identity != identity {
			t.Fatalf("class %s of %s", p.Class, p.Identity)
		}
		if l, _ := login.Parse(p.Next, ""); l.User != app.owner+[]string{login.SuffixA, login.SuffixB}[turn%2] {
			t.Fatalf("turn %d: next is %s", turn, l.User)
		}
		probes(t, s, s.Admin, rotation.Accepted)
		probes(t, s, s.Current, rotation.Accepted)
		probes(t, s, p.Decoy, rotation.Rejected)
		probes(t, s, p.Next, rotation.Rejected)
		apply(t, s, p.Next)
		probes(t, s, p.Next, rotation.Accepted)
		probes(t, s, s.Current, rotation.Accepted)
		app.checkOwnership(t, s.Current, p.Next, turn)
		old := s.Current
		s.Current = p.Next
		retire(t, s, old)
		retire(t, s, old)
		probes(t, s, old, rotation.Rejected)
		probes(t, s, s.Current, rotation.Accepted)
		if turn == 3 {
			rotatortest.RetireLocked(t, Rotator{}, s, old.Reveal(), "holds its lock")
			rotatortest.RetireLate(t, Rotator{}, s, old.Reveal(), true)
		}
	}
}

// checkOwnership lets the new login create a table and change one of the old login's.
func (app application) checkOwnership(t *testing.T, old, next secret.Value, turn int) {
	t.Helper()
	app.as(t, old, fmt.Sprintf("CREATE TABLE before%d (n int)", turn))
	app.as(t, next, fmt.Sprintf("CREATE TABLE after%d (n int); INSERT INTO before%[1]d VALUES (1); DROP TABLE before%[1]d", turn))
	app.as(t, old, fmt.Sprintf("ALTER TABLE after%d ADD m int", turn))
	if owners := app.as(t, next, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"); owners != app.owner {
		t.Fatalf("tables belong to %s", owners)
	}
}

func TestPostgresSingle(t *testing.T) { onEachMajor(t, single) }

func single(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	byItself := app.single()
	byAdmin := app.alternating()
	byAdmin.Tags[rotation.TagClass] = "S"
	bare := app.single()
	bare.Current = secret.NewValue(canaryOwner)
	current := secret.NewValue(canaryOwner)
	for _, s := range []rotation.Subject{byItself, byAdmin, bare} {
		l, _ := login.Parse(s.Current, app.owner)
		s.Current, _ = l.With(app.owner, current.Reveal())
		p := plan(t, s)
		if p.Class != rotation.Single || len(p.Warnings) == 0 {
			t.Fatalf("class %s, %v", p.Class, p.Warnings)
		}
		probes(t, s, s.Current, rotation.Accepted)
		probes(t, s, p.Decoy, rotation.Rejected)
		apply(t, s, p.Next)
		apply(t, s, p.Next)
		probes(t, s, p.Next, rotation.Accepted)
		probes(t, s, s.Current, rotation.Rejected)
		retire(t, s, s.Current)
		probes(t, s, p.Next, rotation.Accepted)
		next, _ := login.Parse(p.Next, app.owner)
		current = next.Password
	}
}

// A login that acts as another role by default may change its own password only as itself.
func TestPostgresSingleThatActsAsAnother(t *testing.T) { onEachMajor(t, singleThatActsAsAnother) }

func singleThatActsAsAnother(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	s := app.alternating()
	s.Current = plan(t, s).Next
	apply(t, app.alternating(), s.Current)
	s.Admin, s.CredentialID = secret.Value{}, ""
	p := plan(t, s)
	apply(t, s, p.Next)
	probes(t, s, p.Next, rotation.Accepted)
}

func TestPostgresApplyTwice(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	s := app.alternating()
	next := plan(t, s).Next
	apply(t, s, next)
	apply(t, s, next)
	probes(t, s, next, rotation.Accepted)
	s.Current = next // published, and then reset by somebody
	apply(t, s, next)
	probes(t, s, next, rotation.Accepted)
}

func TestPostgresRepairsALogin(t *testing.T) { onEachMajor(t, repairsALogin) }

func repairsALogin(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	s := app.alternating()
	next := plan(t, s).Next
	apply(t, s, next)
	owner, user := quoteIdentifier(app.owner), quoteIdentifier(app.owner+login.SuffixA)
	grantor := ""
	if app.version(t) >= 16 {
		grantor = " GRANTED BY " + quoteIdentifier(app.admin)
	}
	for _, damage := range []string{
		"REVOKE " + owner + " FROM " + user + grantor,
		"ALTER ROLE " + user + " RESET role",
		"ALTER ROLE " + user + " NOLOGIN",
		"ALTER ROLE " + user + " VALID UNTIL 'yesterday'",
		"ALTER ROLE " + user + " PASSWORD NULL",
		"DROP ROLE " + user,
	} {
		app.Exec(t, damage)
		probes(t, s, next, rotation.Rejected)
		apply(t, s, next)
		probes(t, s, next, rotation.Accepted)
	}
}

func TestPostgresRetireLeavesTheCurrentLogin(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	s := rotated(t, app.alternating())
	retire(t, s, urlValue(app.owner+login.SuffixA, "canary-of-an-older-version"))
	probes(t, s, s.Current, rotation.Accepted)
	retire(t, s, urlValue(app.owner+login.SuffixB, "canary-of-nobody"))
	err := Rotator{}.Retire(t.Context(), s, urlValue(app.admin, canaryAdmin), rotatortest.Unfenced)
	if fault := rotatortest.Fault(t, err); fault == nil || !fault.Permanent {
		t.Error("the admin was retired")
	}
	probes(t, s, s.Admin, rotation.Accepted)
}

func TestPostgresPasswordsAreNotLogged(t *testing.T) { onEachMajor(t, passwordsAreNotLogged) }

func passwordsAreNotLogged(t *testing.T, server *testserver.Postgres) {
	t.Helper()
	app := newApplication(t, server)
	s := app.alternating()
	next := plan(t, s).Next
	apply(t, s, next)
	single := app.single()
	last := plan(t, single).Next
	apply(t, single, last)
	log := app.Log()
	if !strings.Contains(log, "PASSWORD 'SCRAM-SHA-256$") {
		t.Fatal("the server does not log statements")
	}
	for _, value := range []secret.Value{s.Current, s.Admin, next, last} {
		if l, _ := login.Parse(value, ""); strings.Contains(log, l.Password.Reveal()) {
			t.Error("a password is in the server's log")
		}
	}
}

func TestPostgresLockIsTaken(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	s := app.alternating()
	p := plan(t, s)
	err := Rotator{}.Apply(t.Context(), s, p.Next, func(ctx context.Context) error {
		fault := rotatortest.Fault(t, Rotator{}.Apply(ctx, s, plan(t, s).Next, rotatortest.Unfenced))
		if fault == nil || fault.Permanent || !strings.Contains(fault.Reason, "lock") {
			t.Errorf("two at once: %v", fault)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	probes(t, s, p.Next, rotation.Accepted)
}

func TestPostgresFenceStopsTheChange(t *testing.T) {
	app := newApplication(t, testserver.SharedPostgres(t))
	down := errors.New("the record is closed")
	for _, s := range []rotation.Subject{app.alternating(), app.single()} {
		next := plan(t, s).Next
		if err := (Rotator{}).Apply(t.Context(), s, next, func(context.Context) error { return down }); !errors.Is(err, down) {
			t.Errorf("not the fence's error: %v", err)
		}
		probes(t, s, next, rotation.Rejected)
		probes(t, s, s.Current, rotation.Accepted)
	}
	apply(t, app.single(), plan(t, app.single()).Next) // the lock was released
}
