package mysql

import (
	"database/sql"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/testserver"
)

func TestMariaDBAccountsTakeTurns(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newRole(t, server)
	for turn, suffix := range []string{"_a", "_b", "_a", "_b", "_a", "_b", "_a", "_b", "_a", "_b"} {
		plan, err := Rotator{}.Plan(s)
		rotatortest.Must(t, err)
		next, err := login.Parse(plan.Next, "")
		rotatortest.Must(t, err)
		if next.User != s.CredentialID+suffix || (len(plan.Warnings) == 0) != (turn > 0) {
			t.Fatalf("%s, %v", next.User, plan.Warnings)
		}
		rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Rejected)
		rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
		rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
		rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Accepted)
		rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
		usesTheDatabase(t, server.Connect(t, next.User, next.Password.Reveal()))
		old := s.Current
		s.Current = plan.Next
		rotatortest.Retire(t, Rotator{}, s, old.Reveal())
		rotatortest.Retire(t, Rotator{}, s, old.Reveal())
		rotatortest.Retire(t, Rotator{}, s, s.Current.Reveal())
		rotatortest.WantVerdict(t, Rotator{}, s, old.Reveal(), rotation.Rejected)
		rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
		if turn == 3 {
			rotatortest.RetireLate(t, Rotator{}, s, old.Reveal(), false)
		}
	}
}

func usesTheDatabase(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, statement := range []string{"INSERT INTO app.t VALUES (1)", "SELECT n FROM app.t"} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "DROP TABLE app.t"); err == nil {
		t.Error("the account may do more than the role")
	}
}

// Readers at other hosts have moved as well.
func TestAllAccountsOfTheFirstNameAreRetired(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newRole(t, server)
	withTwins(t, server, app, map[string]string{"10.9.9.9": oldPassword, "10.8.8.8": "canary-others"})
	rotate(t, s)
	for host, retired := range map[string]bool{"%": true, "10.9.9.9": true, "10.8.8.8": false} {
		identified := identifiedBy(t, server, account{app.user, host})
		if strings.Contains(identified, "ACCOUNT LOCK") != retired || strings.Contains(identified, native(oldPassword)) {
			t.Errorf("%s: %s", host, identified)
		}
	}
}

func TestThePairGetsTheTermsOfTheLoginThatItReplaces(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newRole(t, server)
	with := "REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 500 MAX_UPDATES_PER_HOUR 400 MAX_CONNECTIONS_PER_HOUR 300 MAX_USER_CONNECTIONS 20 MAX_STATEMENT_TIME 1.500000"
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "ALTER USER "+app.sql()+" "+with)
	for range 3 {
		s = rotate(t, s)
		current, err := login.Parse(s.Current, "")
		rotatortest.Must(t, err)
		if identified := identifiedBy(t, server, account{current.User, "%"}); !strings.HasSuffix(identified, with) {
			t.Error(identified)
		}
	}
}

func TestARoleWhoseNameIsTooLong(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newRole(t, server)
	s.CredentialID = strings.Repeat("r", 127)
	failCheck(t, s, "too long", "does not have the role", "WITH ADMIN OPTION")
}

func TestAnAccountWithoutItsRoleIsNotProven(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newRole(t, server)
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
	server.Exec(t, "SET DEFAULT ROLE NONE FOR "+account{s.CredentialID + login.SuffixA, "%"}.sql())
	rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Rejected)
	rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
	rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Accepted)
}

func TestARoleThatMayNotBeGranted(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newRole(t, server)
	server.Exec(t, "REVOKE ADMIN OPTION FOR "+quote(s.CredentialID)+" FROM "+operatorOf(t, s).sql())
	rotatortest.RefuseApply(t, Rotator{}, s, urlValue(s.CredentialID+login.SuffixA, newPassword).Reveal(), "WITH ADMIN OPTION")
	s.CredentialID = "nobody's"
	rotatortest.RefuseApply(t, Rotator{}, s, urlValue("nobody's_a", newPassword).Reveal(), "must name a role")
	rotatortest.RefuseApply(t, Rotator{}, s, urlValue(app.user, newPassword).Reveal(), "next in turn")
}
