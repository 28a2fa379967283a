package sqlserver

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/tds"
)

func TestSQLServerAlternates(t *testing.T) {
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t, k, tds.Options{RequireTLS: true})
			s := app.alternating()
			identity := plan(t, s).Identity
			for turn := range 5 {
				p := plan(t, s)
				if p.Class != rotation.Alternating || p.Identity != identity {
					t.Fatalf("class %s of %s", p.Class, p.Identity)
				}
				if user := userOf(t, p.Next); user != app.role+[]string{login.SuffixA, login.SuffixB}[turn%2] {
					t.Fatalf("turn %d: next is %s", turn, user)
				}
				probes(t, s, s.Admin, rotation.Accepted)
				probes(t, s, p.Decoy, rotation.Rejected)
				probes(t, s, p.Next, rotation.Rejected)
				ready(t, s)
				apply(t, s, p.Next)
				probes(t, s, p.Next, rotation.Accepted)
				probes(t, s, s.Current, rotation.Accepted)
				old := s.Current
				s.Current = p.Next
				retire(t, s, old)
				retire(t, s, old)
				probes(t, s, old, rotation.Rejected)
				probes(t, s, s.Current, rotation.Accepted)
				if turn == 3 {
					rotatortest.RetireLocked(t, Rotator{}, s, old.Reveal(), "holds the server's lock")
					rotatortest.RetireLate(t, Rotator{}, s, old.Reveal(), true)
				}
			}
		})
	}
}

func TestSQLServerSingle(t *testing.T) {
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t, k, tds.Options{})
			bare := app.single()
			bare.Current = secret.NewValue(canaryFirst)
			current := canaryFirst
			for _, s := range []rotation.Subject{app.single(), app.byAdmin(), bare} {
				l, err := login.Parse(s.Current, app.login)
				rotatortest.Must(t, err)
				s.Current, err = l.With(app.login, current)
				rotatortest.Must(t, err)
				p := plan(t, s)
				if p.Class != rotation.Single || len(p.Warnings) == 0 {
					t.Fatalf("class %s, %v", p.Class, p.Warnings)
				}
				ready(t, s)
				probes(t, s, s.Current, rotation.Accepted)
				probes(t, s, p.Decoy, rotation.Rejected)
				apply(t, s, p.Next)
				if err := (Rotator{}).Apply(t.Context(), s, p.Next, rotatortest.Unfenced); err != nil {
					t.Fatal("again:", err)
				}
				probes(t, s, p.Next, rotation.Accepted)
				probes(t, s, s.Current, rotation.Rejected)
				retire(t, s, s.Current)
				probes(t, s, p.Next, rotation.Accepted)
				next, err := login.Parse(p.Next, app.login)
				rotatortest.Must(t, err)
				current = next.Password.Reveal()
			}
		})
	}
}

// The administrator of Azure's rotation sample changes its own password in master.
func TestALoginOfAzureSQLIsChangedInMaster(t *testing.T) {
	server, roots := start(t, tds.Options{Edition: "5", Name: "contoso"})
	app := application{Server: server, roots: roots, login: "sa"}
	s := app.single()
	s.CredentialID, s.Address, s.Current = "sa", app.address(""), secret.NewValue(canaryAdmin)
	ready(t, s)
	rotated(t, s)
	s.Address = app.address("shop")
	app.exec(t, "master", "CREATE DATABASE shop", "ALTER LOGIN sa WITH PASSWORD = "+quoteText(canaryAdmin))
	refuses(t, s, "in the database master only")
}

func TestSQLServerRepairsALogin(t *testing.T) {
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t, k, tds.Options{})
			s := app.alternating()
			next := plan(t, s).Next
			apply(t, s, next)
			apply(t, s, next)
			user := quoteName(userOf(t, next))
			damages := []string{"ALTER ROLE " + quoteName(app.role) + " DROP MEMBER " + user, "ALTER USER " + user + " WITH PASSWORD = 'canary-by-Hand-1'", "DROP USER " + user}
			if k == ofServer {
				damages = []string{damages[0], "ALTER LOGIN " + user + " DISABLE", "ALTER LOGIN " + user + " WITH PASSWORD = 'canary-by-Hand-1'", "DROP USER " + user + "; DROP LOGIN " + user}
			}
			for _, damage := range damages {
				app.in(t, damage)
				if verdict, _ := (Rotator{}).Probe(t.Context(), s, next); verdict == rotation.Accepted {
					t.Error("no damage:", damage)
				}
				apply(t, s, next)
				probes(t, s, next, rotation.Accepted)
			}
		})
	}
}

func TestSQLServerRetireLeavesOthersAlone(t *testing.T) {
	app := newApplication(t, ofServer, tds.Options{})
	s := rotated(t, app.alternating())
	retire(t, s, jsonValue(app.role+login.SuffixA, "canary-of-an-older-version"))
	probes(t, s, s.Current, rotation.Accepted)
	retire(t, s, jsonValue(app.login, "canary-guess"))
	probes(t, s, app.alternating().Current, rotation.Accepted)
	retire(t, s, jsonValue("nobody", "canary-of-nobody"))
	rotatortest.WantPermanent(t, Rotator{}.Retire(t.Context(), s, s.Admin, rotatortest.Unfenced), "must stay")
	rotatortest.WantPermanent(t, Rotator{}.Retire(t.Context(), s, jsonValue("sa", canaryAdmin), rotatortest.Unfenced), "no user of the database")
	app.in(t, targetOf(t, other(s)).markStatement(app.login))
	rotatortest.WantPermanent(t, Rotator{}.Retire(t.Context(), s, app.alternating().Current, rotatortest.Unfenced), "vault.example/other-db")
	probes(t, s, s.Admin, rotation.Accepted)
}

func TestAFenceThatFailsChangesNothing(t *testing.T) {
	for name, k := range kinds {
		app := newApplication(t, k, tds.Options{})
		for _, s := range []rotation.Subject{app.single(), app.byAdmin(), app.alternating()} {
			next := plan(t, s).Next
			failed := rotation.Temporaryf("the lease is lost")
			if err := (Rotator{}).Apply(t.Context(), s, next, func(context.Context) error { return failed }); !errors.Is(err, failed) {
				t.Errorf("%s: %v", name, err)
			}
			probes(t, s, next, rotation.Rejected)
			probes(t, s, s.Current, rotation.Accepted)
		}
	}
}

// Whatever statement the connection ends at, the same value can be applied again, and readers can
// log in until it is retired.
func TestALostConnectionIsMadeUpFor(t *testing.T) {
	for name, k := range kinds {
		for when, after := range map[string]bool{"before": false, "after": true} {
			t.Run(name+" "+when, func(t *testing.T) {
				cut := 1
				for interrupted(t, k, cut, after) {
					cut++
				}
				if cut < 7 { // the lock, five statements in a transaction, and the lock again
					t.Errorf("%d statements were interrupted", cut-1)
				}
			})
		}
	}
}

// interrupted lets a connection end at a statement, and reports whether there were so many.
func interrupted(t *testing.T, k kind, cut int, after bool) bool {
	t.Helper()
	var seen atomic.Int64
	app := newApplication(t, k, tds.Options{Interrupt: func(statement string, done bool) bool {
		return done == after && !strings.HasPrefix(statement, "SELECT") && seen.Add(1) == int64(cut)
	}})
	s := app.alternating()
	next := plan(t, s).Next
	_ = rotatortest.Fault(t, Rotator{}.Apply(t.Context(), s, next, rotatortest.Unfenced))
	reached := seen.Swap(int64(cut)) >= int64(cut)
	probes(t, s, s.Current, rotation.Accepted)
	apply(t, s, next)
	probes(t, s, next, rotation.Accepted)
	return reached
}

func TestPasswordsThatThePolicyRefuses(t *testing.T) {
	for name, k := range kinds {
		app := newApplication(t, k, tds.Options{})
		for _, s := range []rotation.Subject{app.single(), app.byAdmin()} {
			err := Rotator{}.Apply(t.Context(), s, jsonValue(app.login, "onlysmallletters"), rotatortest.Unfenced)
			if rotation.PolicyOf(err) == "" {
				t.Errorf("%s: %v", name, err)
			}
			probes(t, s, s.Current, rotation.Accepted)
		}
	}
}

func TestPasswordsMeetThePolicy(t *testing.T) {
	s := fixed()
	for range 200 {
		l, err := login.Parse(plan(t, s).Next, "")
		rotatortest.Must(t, err)
		if kindsIn(l.Password.Reveal()) < 3 {
			t.Fatal("too simple")
		}
	}
	s.Tags[rotation.TagPasswordExclude] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	_, err := Rotator{}.Plan(s)
	rotatortest.WantPermanent(t, err, "fewer than three kinds")
	s.Tags[rotation.TagPasswordSymbols] = "'-"
	_, err = Rotator{}.Plan(s)
	rotatortest.WantPermanent(t, err, "fewer than three kinds")
}

func TestWhereALoginIs(t *testing.T) {
	app := newApplication(t, ofServer, tds.Options{})
	s := app.single()
	here := rotatortest.Locate(t, Rotator{}, s)
	s.Address = app.address("master")
	if again := rotatortest.Locate(t, Rotator{}, s); here.Login == "" || here.Run == "" || again != here {
		t.Errorf("%v is not %v", again, here)
	}
	another := newApplication(t, ofServer, tds.Options{})
	if there := rotatortest.Locate(t, Rotator{}, another.single()); there.Login == here.Login {
		t.Errorf("two servers are %v", there)
	}
	contained := newApplication(t, ofDatabase, tds.Options{})
	first := rotatortest.Locate(t, Rotator{}, contained.single())
	contained.exec(t, "master", "CREATE DATABASE other CONTAINMENT = PARTIAL")
	contained.exec(t, "other", "CREATE USER "+quoteName(contained.login)+" WITH PASSWORD = "+quoteText(canaryFirst))
	elsewhere := contained.single()
	elsewhere.Address = contained.address("other")
	if second := rotatortest.Locate(t, Rotator{}, elsewhere); second.Login == first.Login {
		t.Errorf("users of two databases are %v", second)
	}
	rotatortest.WantPatience(t, Rotator{}, func(rogue *rotatortest.Rogue) rotation.Subject { return at(rogue) })
}

func TestOneLoginInTwoForms(t *testing.T) {
	s := fixed()
	if !(Rotator{}).Same(s, jsonValue("app", "canary-1"), secret.NewValue("sqlserver://app:canary-1@h")) || (Rotator{}).Same(s, jsonValue("app", "canary-1"), jsonValue("app", "canary-2")) {
		t.Error("Same is wrong")
	}
	if found := (Rotator{}).Describe(); !slices.Contains(found.Names, "sqlserver") {
		t.Error(found)
	}
}
