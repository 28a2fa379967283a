package mysql

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/standin/mysqld"
)

const dualRole = `ro'le\`

// newMySQLPair starts a stand-in of MySQL, and returns a secret of class A before its first
// rotation. The operator has only the rights that docs/rotators.md asks for, and its role is not
// active when it logs in.
func newMySQLPair(t *testing.T) (*mysqld.Server, rotation.Subject) {
	t.Helper()
	server, s := newDual(t)
	server.Create(mysqld.Account{User: dualRole, Host: "%", Locked: true})
	changeMySQL(server, dualUser, func(a *mysqld.Account) { a.Roles = []mysqld.Role{{Name: dualRole}} })
	changeMySQL(server, "operator", func(a *mysqld.Account) { a.Roles = []mysqld.Role{{Name: dualRole, Admin: true}} })
	s.Tags[rotation.TagClass], s.CredentialID = "A", dualRole
	return server, s
}

// changeMySQL changes an account of any host.
func changeMySQL(server *mysqld.Server, user string, change func(*mysqld.Account)) {
	a := server.Account(user, dualHost)
	change(&a)
	server.Create(a)
}

// What the accounts of a pair must be: in use, or retired.
func wantMySQLPair(t *testing.T, server *mysqld.Server, s rotation.Subject, inUse, retired string, terms mysqld.Account) {
	t.Helper()
	for user, locked := range map[string]bool{inUse: false, retired: true} {
		a := server.Account(user, dualHost)
		if a.Locked != locked {
			t.Errorf("%s: locked is %v", user, a.Locked)
		}
		if user == dualUser {
			continue
		}
		if a.Attribute != markOf(s.Owner) || a.DefaultRole != dualRole || a.TLS != terms.TLS || a.Limits != terms.Limits {
			t.Errorf("%+v", a)
		}
	}
}

func TestMySQLAccountsTakeTurns(t *testing.T) {
	server, s := newMySQLPair(t)
	changeMySQL(server, dualUser, func(a *mysqld.Account) {
		a.TLS, a.Limits = true, mysqld.Limits{Queries: 500, Updates: 400, Logins: 300, Connections: 20}
	})
	terms := server.Account(dualUser, dualHost)
	retired := dualUser
	for turn, suffix := range []string{"_a", "_b", "_a", "_b"} {
		passCheck(t, s)
		plan, err := Rotator{}.Plan(s)
		rotatortest.Must(t, err)
		next, err := login.Parse(plan.Next, "")
		rotatortest.Must(t, err)
		if next.User != dualRole+suffix || (len(plan.Warnings) == 0) != (turn > 0) {
			t.Fatalf("%s, %v", next.User, plan.Warnings)
		}
		rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Rejected)
		old := s.Current
		for range 2 { // the second is a resume
			rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
			rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Accepted)
			rotatortest.WantVerdict(t, Rotator{}, s, old.Reveal(), rotation.Accepted)
		}
		s.Current = plan.Next
		for range 2 {
			rotatortest.Retire(t, Rotator{}, s, old.Reveal())
			rotatortest.Retire(t, Rotator{}, s, s.Current.Reveal())
			rotatortest.WantVerdict(t, Rotator{}, s, old.Reveal(), rotation.Rejected)
			rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
		}
		wantMySQLPair(t, server, s, next.User, retired, terms)
		if turn == 2 {
			rotatortest.RetireLate(t, Rotator{}, s, old.Reveal(), false)
		}
		retired = next.User
	}
}

// Unlocking a retired account brings neither of its passwords back.
func TestARetiredMySQLPasswordIsGone(t *testing.T) {
	server, s := newMySQLPair(t)
	changeMySQL(server, dualUser, func(a *mysqld.Account) { a.First, a.Second = "canary-others", oldPassword })
	old := s.Current
	s = rotate(t, s)
	changeMySQL(server, dualUser, func(a *mysqld.Account) { a.Locked = false })
	rotatortest.WantVerdict(t, Rotator{}, s, old.Reveal(), rotation.Rejected)
	rotatortest.WantVerdict(t, Rotator{}, s, urlValue(dualUser, "canary-others").Reveal(), rotation.Rejected)
}

// A policy may ask for symbols, and forbid a password that an account had before.
func TestMySQLPairsMeetThePolicy(t *testing.T) {
	server, s := newMySQLPair(t)
	server.SetPolicy(mysqld.Policy{Length: 8, Medium: true, History: 5})
	failCheck(t, s, rotation.TagPasswordSymbols)
	err := Rotator{}.Apply(t.Context(), s, urlValue(dualRole+login.SuffixA, newPassword), rotatortest.Unfenced)
	if !errors.Is(err, rotation.ErrRefusedByPolicy) || !strings.Contains(rotation.PolicyOf(err), "at least 8 characters") {
		t.Errorf("%v", err)
	}
	s.Tags[rotation.TagPasswordSymbols] = "!#"
	for range 3 {
		plan, err := Rotator{}.Plan(s)
		rotatortest.Must(t, err)
		rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
		rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
		old := s.Current
		s.Current = plan.Next
		rotatortest.Retire(t, Rotator{}, s, old.Reveal())
		rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
	}
}

func TestAMySQLPairBelongsToOneSecret(t *testing.T) {
	server, first := newMySQLPair(t)
	server.Create(mysqld.Account{User: "app2", Host: dualHost, First: oldPassword, Roles: []mysqld.Role{{Name: dualRole}}})
	second := first
	second.Owner, second.Current = "contoso.vault.azure.net/the-other", urlValue("app2", oldPassword)
	first = rotate(t, first)
	before := len(server.Changes())
	failCheck(t, second, "belongs to another secret ("+first.Owner+")")
	rotatortest.RefuseApply(t, Rotator{}, second, urlValue(dualRole+login.SuffixA, newPassword).Reveal(), "belongs to another secret")
	// Not even one that has the login itself may retire it.
	rotatortest.WantPermanent(t, Rotator{}.Retire(t.Context(), second, first.Current, rotatortest.Unfenced), "belongs to another secret")
	second.Current = first.Current
	failCheck(t, second, "belongs to another secret")
	if changes := server.Changes(); len(changes) != before {
		t.Error(changes[before:])
	}
	rotatortest.WantVerdict(t, Rotator{}, first, first.Current.Reveal(), rotation.Accepted)
}

func TestAForeignMySQLAccountIsNeverTouched(t *testing.T) {
	for _, host := range []string{"%", "localhost"} {
		server, s := newMySQLPair(t)
		server.Create(mysqld.Account{User: dualRole + login.SuffixA, Host: host, First: "canary-foreign"})
		failCheck(t, s, "Drop it, or name another role")
		rotatortest.RefuseApply(t, Rotator{}, s, urlValue(dualRole+login.SuffixA, newPassword).Reveal(), "Drop it, or name another role")
		if changes := server.Changes(); len(changes) != 0 {
			t.Error(host, changes)
		}
	}
	server, s := newMySQLPair(t)
	server.Create(mysqld.Account{User: dualRole + login.SuffixA, Host: dualHost, First: "canary-foreign", Attribute: markOf(s.Owner)})
	rotate(t, s) // the attribute says that it is ours
}

// The account of the pair that readers have may lack the mark, as after a restore.
func TestAMySQLAccountThatWasNotMarkedWhenItsTurnEnds(t *testing.T) {
	server, s := newMySQLPair(t)
	s = rotate(t, s)
	changeMySQL(server, dualRole+login.SuffixA, func(a *mysqld.Account) { a.Attribute = "" })
	rotate(t, rotate(t, s))
}

func TestMySQLOfClassAIsCheckedBefore(t *testing.T) {
	for name, row := range map[string]struct {
		spoil func(*mysqld.Server, *rotation.Subject)
		says  []string
	}{
		"no right to change accounts": {func(server *mysqld.Server, _ *rotation.Subject) {
			changeMySQL(server, "operator", func(a *mysqld.Account) { a.CreateUser = false })
		}, []string{"does not permit ALTER USER"}},
		"no right to read the terms": {func(server *mysqld.Server, _ *rotation.Subject) {
			changeMySQL(server, "operator", func(a *mysqld.Account) { a.ReadUser = false })
		}, []string{"on MySQL in classes O and A, on mysql.user"}},
		"no right to grant the role": {func(server *mysqld.Server, _ *rotation.Subject) {
			changeMySQL(server, "operator", func(a *mysqld.Account) { a.Roles = []mysqld.Role{{Name: dualRole}} })
		}, []string{"WITH ADMIN OPTION"}},
		"no role": {func(_ *mysqld.Server, s *rotation.Subject) { s.CredentialID = "nobody's" }, []string{"does not have the role", "must name a role"}},
		"a role that the login does not have": {func(server *mysqld.Server, _ *rotation.Subject) {
			changeMySQL(server, dualUser, func(a *mysqld.Account) { a.Roles = nil })
		}, []string{"does not have the role"}},
		"a name that is too long": {
			func(_ *mysqld.Server, s *rotation.Subject) { s.CredentialID = strings.Repeat("r", 31) },
			[]string{"may have 32 characters on MySQL", "does not have the role", "must name a role"},
		},
		"another secret's login": {func(server *mysqld.Server, _ *rotation.Subject) {
			changeMySQL(server, dualUser, func(a *mysqld.Account) { a.Attribute = "rotunda:contoso.vault.azure.net/other" })
		}, []string{"belongs to another secret (contoso.vault.azure.net/other)"}},
		"an old version": {func(server *mysqld.Server, _ *rotation.Subject) { server.Claim("8.0.20") }, []string{"is MySQL 8.0.20, and the rotation needs 8.0.21"}},
	} {
		t.Run(name, func(t *testing.T) {
			server, s := newMySQLPair(t)
			row.spoil(server, &s)
			failCheck(t, s, row.says...)
			if changes := server.Changes(); len(changes) != 0 {
				t.Error(changes)
			}
		})
	}
}

// Readers need the rights of the role, so an account without it is not proven; Apply gives it the
// role.
func TestAMySQLAccountWithoutItsRoleIsNotProven(t *testing.T) {
	server, s := newMySQLPair(t)
	next := urlValue(dualRole+login.SuffixA, newPassword).Reveal()
	rotatortest.Apply(t, Rotator{}, s, next)
	changeMySQL(server, dualRole+login.SuffixA, func(a *mysqld.Account) { a.DefaultRole = "" })
	rotatortest.WantVerdict(t, Rotator{}, s, next, rotation.Rejected)
	rotatortest.Apply(t, Rotator{}, s, next)
	rotatortest.WantVerdict(t, Rotator{}, s, next, rotation.Accepted)
}

// An attempt that ended anywhere is resumed.
func TestAnInterruptedMySQLAttemptFindsItsAccount(t *testing.T) {
	turn := []string{mysqld.Create, mysqld.Grant, mysqld.Default, mysqld.Unlock}
	for _, change := range turn {
		server, s := newMySQLPair(t)
		server.SetPolicy(mysqld.Policy{History: 5})
		ctx, cancel := context.WithCancel(t.Context())
		server.Interrupt(change, true, cancel)
		next := urlValue(dualRole+login.SuffixA, newPassword)
		_ = rotatortest.Fault(t, Rotator{}.Apply(ctx, s, next, rotatortest.Unfenced))
		cancel()
		if changes := server.Changes(); changes[len(changes)-1] != change {
			t.Errorf("%s: %v", change, changes)
		}
		server.WaitIdle()
		rotatortest.Apply(t, Rotator{}, s, next.Reveal())
		rotatortest.WantVerdict(t, Rotator{}, s, next.Reveal(), rotation.Accepted)
	}
	server, s := newMySQLPair(t)
	rotatortest.Apply(t, Rotator{}, s, urlValue(dualRole+login.SuffixA, newPassword).Reveal())
	if changes := server.Changes(); !slices.Equal(changes, turn) {
		t.Error(changes)
	}
}

// The terms are those of the account that the server chose among those of the login's name.
func TestMySQLTermsOfTheAccountThatTheServerChose(t *testing.T) {
	server, s := newMySQLPair(t)
	server.Create(mysqld.Account{User: dualUser, Host: "localhost", First: oldPassword, Roles: []mysqld.Role{{Name: dualRole}}, Limits: mysqld.Limits{Connections: 7}})
	rotatortest.Apply(t, Rotator{}, s, urlValue(dualRole+login.SuffixA, newPassword).Reveal())
	if a := server.Account(dualRole+login.SuffixA, dualHost); a.Limits != (mysqld.Limits{Connections: 7}) {
		t.Errorf("%+v", a.Limits)
	}
}

func TestMySQLFencesKeepAllAsItWas(t *testing.T) {
	down := errors.New("the record is closed")
	for class, user := range map[string]string{"A": dualRole + login.SuffixA, "S": dualUser} {
		server, s := newMySQLPair(t)
		if s.Tags[rotation.TagClass] = class; class == "S" {
			s.CredentialID = dualUser
		}
		if err := (Rotator{}).Apply(t.Context(), s, urlValue(user, newPassword), func(context.Context) error { return down }); !errors.Is(err, down) {
			t.Error(err)
		}
		if changes := server.Changes(); len(changes) != 0 {
			t.Error(class, changes)
		}
	}
}
