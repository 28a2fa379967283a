package sqlserver

import (
	"context"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/tds"
)

func TestAPairBelongsToOneSecret(t *testing.T) {
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t, k, tds.Options{})
			first := rotated(t, app.alternating())
			refuses(t, other(app.alternating()), "the secret vault.example/app-db")
			probes(t, first, first.Current, rotation.Accepted)
			user := app.role + login.SuffixA
			unmark := "EXEC sys.sp_dropextendedproperty @name = N'Rotunda', @level0type = N'USER', @level0name = " + quoteText(user)
			app.in(t, unmark, "EXEC sys.sp_addextendedproperty @name = N'Rotunda', @value = N'canary of a bad mark', @level0type = N'USER', @level0name = "+quoteText(user))
			refuses(t, other(first), "belongs to another secret")
			app.in(t, unmark)
			refuses(t, app.alternating(), "nothing shows that Rotunda made it")
			again := rotated(t, first) // its password proves it, and it is marked again
			app.in(t, "ALTER ROLE "+quoteName(app.role)+" DROP MEMBER "+quoteName(user))
			rotated(t, again)
		})
	}
}

func TestAForeignLoginIsNeverTouched(t *testing.T) {
	for name, k := range kinds {
		for _, suffix := range []string{login.SuffixA, login.SuffixB} {
			t.Run(name+suffix, func(t *testing.T) {
				app := newApplication(t, k, tds.Options{})
				foreign := app.role + suffix
				app.add(t, k, foreign, "canary-of-Another-1")
				app.in(t, "ALTER ROLE "+quoteName(app.role)+" ADD MEMBER "+quoteName(foreign))
				s := app.alternating()
				if suffix == login.SuffixA {
					refuses(t, s, "nothing shows that Rotunda made it")
				}
				if _, err := (Rotator{}).Check(t.Context(), s); err == nil || !strings.Contains(err.Error(), "nothing shows") {
					t.Error(err)
				}
				probes(t, s, jsonValue(foreign, "canary-of-Another-1"), rotation.Accepted)
				app.in(t, targetOf(t, s).markStatement(foreign))
				if k == ofServer {
					app.in(t, targetOf(t, s).moveStatement(principal{login: foreign}))
				}
				s = rotated(t, s)
				probes(t, rotated(t, s), jsonValue(foreign, "canary-of-Another-1"), rotation.Rejected)
			})
		}
	}
}

// A login of the server may be used in other databases.
func TestALoginWithoutAUserIsNeverTouched(t *testing.T) {
	app := newApplication(t, ofServer, tds.Options{})
	app.exec(t, "master", "CREATE LOGIN "+quoteName(app.role+login.SuffixA)+" WITH PASSWORD = 'canary-of-Another-1'")
	refuses(t, app.alternating(), "has no user in the database")
	app = newApplication(t, ofServer, tds.Options{})
	app.exec(t, "master", "CREATE LOGIN alias WITH PASSWORD = 'canary-of-Another-1'")
	app.in(t, "CREATE USER "+quoteName(app.role+login.SuffixA)+" FOR LOGIN alias", targetOf(t, app.alternating()).markStatement(app.role+login.SuffixA))
	refuses(t, app.alternating(), "without a login of the same name")
}

// A record that somebody forged names a target in the hope that the administrator acts on it.
func TestAnUnprovenSecretChangesNothing(t *testing.T) {
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t, k, tds.Options{})
			app.add(t, k, "joe", "canary-of-Somebody-1")
			for _, current := range []string{`{"username":"` + app.login + `","password":"canary-guess"}`, `{"username":"joe","password":"canary-of-Somebody-1"}`, `{"username":"nobody","password":"canary"}`} {
				s := app.alternating()
				s.Current = secret.NewValue(current)
				rotatortest.WantPermanent(t, Rotator{}.Apply(t.Context(), s, plan(t, s).Next, rotatortest.Unfenced), "Nothing proves")
			}
			if rows, err := app.Exec(app.database, "SELECT CONVERT(nvarchar(20), COUNT(*)) FROM sys.sql_logins WHERE name = "+quoteText(app.role+login.SuffixA)); err != nil || rows[0][0] != "0" {
				t.Error(rows, err)
			}
			s := app.byAdmin()
			s.Current = jsonValue(app.login, "canary-guess")
			rotatortest.WantPermanent(t, Rotator{}.Apply(t.Context(), s, plan(t, s).Next, rotatortest.Unfenced), "Nothing proves")
			probes(t, s, app.single().Current, rotation.Accepted)
			s = app.alternating()
			s.Owner = ""
			refuses(t, s, "does not know the name")
		})
	}
}

func TestALoginOfClassSBelongsToOneSecret(t *testing.T) {
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t, k, tds.Options{})
			s := app.byAdmin()
			old := s.Current
			s = rotated(t, s)
			twin := other(s)
			refuses(t, twin, "the secret vault.example/app-db")
			probes(t, s, s.Current, rotation.Accepted)
			next := s.Current
			s.Current = old // a rotation that is resumed after its change
			apply(t, s, next)
		})
	}
}

func TestOneWorkerAtATime(t *testing.T) {
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t, k, tds.Options{})
			for _, s := range []rotation.Subject{app.byAdmin(), app.alternating()} {
				err := Rotator{}.Apply(t.Context(), s, plan(t, s).Next, func(context.Context) error {
					rotatortest.RefuseApply(t, Rotator{}, s, plan(t, s).Next.Reveal(), "holds the server's lock")
					ready(t, s)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				app.reset(t, k)
			}
		})
	}
}

// Whoever owns a database may map any login of the server to a user there, and mark that user.
func TestAMarkInOnesOwnDatabaseGivesNoLoginOfOthers(t *testing.T) {
	app := newApplication(t, ofServer, tds.Options{})
	victim := jsonValue("payroll_a", "canary-of-Another-1")
	app.exec(t, "master", "CREATE DATABASE eves", "CREATE LOGIN payroll_a WITH PASSWORD = 'canary-of-Another-1'", "CREATE LOGIN eve WITH PASSWORD = 'canary-of-Someone-1'")
	s := app.alternating()
	s.Address, s.CredentialID, s.Current = app.address("eves"), "payroll", jsonValue("eve", "canary-of-Someone-1")
	keeper := quoteName(app.keeper)
	app.exec(t, "eves", "CREATE ROLE payroll", "CREATE USER eve FOR LOGIN eve", "ALTER ROLE payroll ADD MEMBER eve", "CREATE USER "+keeper+" FOR LOGIN "+keeper,
		"GRANT ALTER ANY USER TO "+keeper, "GRANT ALTER ON ROLE::payroll TO "+keeper,
		"CREATE USER payroll_a FOR LOGIN payroll_a", targetOf(t, s).markStatement("payroll_a"))
	refuses(t, s, "has another default database")
	retire(t, s, jsonValue("payroll_a", "canary-guess"))
	single := s
	single.Tags, single.CredentialID, single.Current = map[string]string{rotation.TagClass: "S"}, "payroll_a", jsonValue("payroll_a", "canary-guess")
	rotatortest.RefuseApply(t, Rotator{}, single, plan(t, single).Next.Reveal(), "Nothing proves")
	probes(t, single, victim, rotation.Accepted)
	app.exec(t, "master", "ALTER LOGIN payroll_a WITH DEFAULT_DATABASE = eves") // by somebody who may alter it
	ready(t, s)
}

// A server knows the passwords that it was sent, and may write them where a fault would have them.
func TestNamesAndMarksThatHaveAPasswordAreNotRepeated(t *testing.T) {
	app := newApplication(t, ofServer, tds.Options{})
	s := app.byAdmin()
	for _, password := range []string{canaryFirst, canaryAdmin, canaryNext} {
		app.in(t, "DROP USER "+quoteName(app.login), "CREATE USER "+quoteName(password)+" FOR LOGIN "+quoteName(app.login),
			"EXEC sys.sp_addextendedproperty @name = N'Rotunda', @value = "+quoteText("x.example/"+password)+", @level0type = N'USER', @level0name = "+quoteText(password))
		err := Rotator{}.Apply(t.Context(), s, jsonValue(app.login, canaryNext), rotatortest.Unfenced)
		rotatortest.WantPermanent(t, err, "is withheld")
		app.in(t, "DROP USER "+quoteName(password), "CREATE USER "+quoteName(app.login)+" FOR LOGIN "+quoteName(app.login))
	}
}
