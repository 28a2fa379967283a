package mysql

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/testserver"
)

// rotate does what the engine does in class A, but for the grace period.
func rotate(t *testing.T, s rotation.Subject) rotation.Subject {
	t.Helper()
	passCheck(t, s)
	plan, err := Rotator{}.Plan(s)
	rotatortest.Must(t, err)
	rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
	rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Accepted)
	old := s.Current
	s.Current = plan.Next
	rotatortest.Retire(t, Rotator{}, s, old.Reveal())
	rotatortest.WantVerdict(t, Rotator{}, s, old.Reveal(), rotation.Rejected)
	return s
}

func TestAPairBelongsToOneSecret(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	first, app := newRole(t, server)
	second := first
	second.Owner = "contoso.vault.azure.net/the-other"
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "CREATE USER "+account{app.user + "2", "%"}.sql()+" IDENTIFIED BY "+quote(oldPassword),
		"GRANT "+quote(first.CredentialID)+" TO "+account{app.user + "2", "%"}.sql())
	second.Current = urlValue(app.user+"2", oldPassword)
	first = rotate(t, first)
	failCheck(t, second, "belongs to another secret ("+first.Owner+")")
	next := urlValue(second.CredentialID+login.SuffixA, newPassword).Reveal()
	before := everything(t, server)
	rotatortest.RefuseApply(t, Rotator{}, second, next, "belongs to another secret")
	if everything(t, server) != before {
		t.Error("the pair was touched")
	}
	// Not even one that has the login itself may change or retire it.
	second.Current = first.Current
	failCheck(t, second, "belongs to another secret")
	first = rotate(t, rotate(t, first))
	retired := second.Current
	second.Current = urlValue(app.user+"2", oldPassword)
	rotatortest.Retire(t, Rotator{}, second, retired.Reveal()) // it is not valid any more
	if err := (Rotator{}).Retire(t.Context(), second, first.Current, rotatortest.Unfenced); rotatortest.Fault(t, err) == nil {
		t.Error("another secret's login was retired")
	}
	second.Tags = map[string]string{rotation.TagClass: "O"}
	second.CredentialID, second.Current = "", first.Current
	failCheck(t, second, "belongs to another secret")
	rotatortest.RefuseApply(t, Rotator{}, second, next, "belongs to another secret")
}

func TestAForeignAccountIsNeverTouched(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	for _, host := range []string{"%", "10.9.9.9"} {
		s, _ := newRole(t, server)
		foreign := account{s.CredentialID + login.SuffixA, host}
		server.Exec(t, "CREATE USER "+foreign.sql()+" IDENTIFIED BY 'canary-foreign'")
		before := everything(t, server)
		failCheck(t, s, "Drop it, or name another role")
		rotatortest.RefuseApply(t, Rotator{}, s, urlValue(foreign.user, newPassword).Reveal(), "Drop it, or name another role")
		if everything(t, server) != before {
			t.Errorf("%s was touched", foreign)
		}
	}
	s, _ := newRole(t, server)
	foreign := account{s.CredentialID + login.SuffixB, "%"}
	server.Exec(t, "CREATE USER "+foreign.sql()+" IDENTIFIED BY 'canary-foreign'")
	failCheck(t, s, "did not make") // before the first rotation, not at the second
	asOperator(t, server, s, "CREATE ROLE "+quote(markOf(s.Owner)), "GRANT "+quote(markOf(s.Owner))+" TO "+foreign.sql())
	rotate(t, rotate(t, s)) // the administrator says that it is ours
}

// asOperator runs statements as the login of AdminSecret: MariaDB lets nobody else grant a role
// that this login made.
func asOperator(t *testing.T, server *testserver.MariaDB, s rotation.Subject, statements ...string) {
	t.Helper()
	db := server.Connect(t, operatorOf(t, s).user, operatorPassword)
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// The account that an interrupted attempt made has the new password and no mark yet.
func TestAnInterruptedAttemptFindsItsAccount(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newRole(t, server)
	next := account{s.CredentialID + login.SuffixA, "%"}
	server.Exec(t, "CREATE USER "+next.sql()+" IDENTIFIED BY PASSWORD '"+native(newPassword)+"' ACCOUNT LOCK")
	value := urlValue(next.user, newPassword).Reveal()
	rotatortest.WantVerdict(t, Rotator{}, s, value, rotation.Rejected)
	rotatortest.Apply(t, Rotator{}, s, value)
	rotatortest.WantVerdict(t, Rotator{}, s, value, rotation.Accepted)
}

func TestAnAccountThatWasNotMarkedWhenItsTurnEnds(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s := func() rotation.Subject { s, _ := newRole(t, server); return rotate(t, s) }()
	pair := account{s.CredentialID + login.SuffixA, "%"}
	asOperator(t, server, s, "REVOKE "+quote(markOf(s.Owner))+" FROM "+pair.sql())
	rotate(t, rotate(t, rotate(t, s)))
}

func TestAFailedTryLeavesNoAccount(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newRole(t, server)
	// The role can be granted, but not the mark, which another login made.
	server.Exec(t, "CREATE ROLE "+quote(markOf(s.Owner)))
	before := everything(t, server)
	failCheck(t, s, "made by another login")
	err := Rotator{}.Apply(t.Context(), s, urlValue(s.CredentialID+login.SuffixA, newPassword), rotatortest.Unfenced)
	if rotatortest.Fault(t, err) == nil || everything(t, server) != before {
		t.Errorf("something is left: %v", err)
	}
}

// Two logins take turns as the administrator, too: each may mark what the other one made.
func TestAdministratorsTakeTurns(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, _ := newRole(t, server)
	team := "team " + s.CredentialID
	server.Exec(t, "CREATE ROLE "+quote(team), "GRANT CREATE USER ON *.* TO "+quote(team), "GRANT SELECT ON mysql.global_priv TO "+quote(team),
		"GRANT SELECT ON mysql.roles_mapping TO "+quote(team), "GRANT "+quote(s.CredentialID)+" TO "+quote(team)+" WITH ADMIN OPTION")
	for _, name := range []string{team + "_a", team + "_b"} {
		keeper := account{name, "%"}.sql()
		server.Exec(t, "CREATE USER "+keeper+" IDENTIFIED BY "+quote(operatorPassword), "GRANT "+quote(team)+" TO "+keeper, "SET DEFAULT ROLE "+quote(team)+" FOR "+keeper)
		s.Admin = jsonValue(name, operatorPassword)
		s = rotate(t, s)
	}
}

func TestTheSecretsLoginMustHaveTheRole(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newRole(t, server)
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "REVOKE "+quote(s.CredentialID)+" FROM "+app.sql())
	failCheck(t, s, "does not have the role")
}

// Unlocking a retired account does not bring its password back.
func TestARetiredPasswordIsGone(t *testing.T) {
	server := testserver.SharedMariaDB(t)
	s, app := newRole(t, server)
	old := s.Current
	s = rotate(t, s)
	server.Exec(t, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "ALTER USER "+app.sql()+" ACCOUNT UNLOCK")
	rotatortest.WantVerdict(t, Rotator{}, s, old.Reveal(), rotation.Rejected)
}

func TestMarksFitARolesName(t *testing.T) {
	long := "contoso.vault.azure.net/" + strings.Repeat("a", 127)
	if markOf("contoso.vault.azure.net/db") != "rotunda:contoso.vault.azure.net/db" || len(markOf(long)) != maxMark || markOf(long) == markOf(long+"b") {
		t.Error(markOf(long))
	}
	if name := (target{}).nameOfMark(markPrefix + "it's; DROP"); strings.Contains(name, "DROP") {
		t.Error(name)
	}
}
