package mysql

import (
	"errors"
	"slices"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/mysqld"
)

// newSingle starts a stand-in of MySQL, and returns a secret of class S, with an administrator or
// without.
func newSingle(t *testing.T, admin bool) (*mysqld.Server, rotation.Subject) {
	t.Helper()
	server, s := newDual(t)
	changeMySQL(server, "operator", func(a *mysqld.Account) { a.ReadUser = false })
	if s.Tags[rotation.TagClass] = "S"; !admin {
		s.Admin = secret.Value{}
	}
	return server, s
}

func TestMySQLReplacesTheOnePassword(t *testing.T) {
	for name, admin := range map[string]bool{"the administrator does": true, "the account does": false} {
		t.Run(name, func(t *testing.T) {
			server, s := newSingle(t, admin)
			for range 3 {
				passCheck(t, s)
				plan, err := Rotator{}.Plan(s)
				rotatortest.Must(t, err)
				if plan.Class != rotation.Single || len(plan.Warnings) != 1 {
					t.Errorf("%v, %v", plan.Class, plan.Warnings)
				}
				rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Rejected)
				for range 2 { // the second is a resume
					rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
					rotatortest.WantVerdict(t, Rotator{}, s, plan.Next.Reveal(), rotation.Accepted)
					rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Rejected)
				}
				old := s.Current
				s.Current = plan.Next
				rotatortest.Retire(t, Rotator{}, s, old.Reveal())
				rotatortest.WantVerdict(t, Rotator{}, s, s.Current.Reveal(), rotation.Accepted)
			}
			if changes := server.Changes(); !slices.Equal(changes, slices.Repeat([]string{mysqld.Set}, 6)) {
				t.Error(changes)
			}
		})
	}
}

// A resume sets a password that the account has already, which a policy of reuse forbids.
func TestMySQLOfClassSWithAPolicyOfReuse(t *testing.T) {
	for _, admin := range []bool{true, false} {
		server, s := newSingle(t, admin)
		changeMySQL(server, dualUser, func(a *mysqld.Account) { a.History, a.RequireCurrent = 5, true })
		passCheck(t, s)
		next := urlValue(dualUser, newPassword)
		rotatortest.Apply(t, Rotator{}, s, next.Reveal())
		rotatortest.Apply(t, Rotator{}, s, next.Reveal())
		wantPasswords(t, server, newPassword, "")
		s.Current = next
		rotatortest.RefuseApply(t, Rotator{}, s, urlValue(dualUser, oldPassword).Reveal(), "had this password before")
		wantPasswords(t, server, newPassword, "")
	}
}

func TestMySQLOfClassSMeetsThePolicy(t *testing.T) {
	for _, admin := range []bool{true, false} {
		server, s := newSingle(t, admin)
		server.SetPolicy(mysqld.Policy{Length: 8, Medium: true})
		failCheck(t, s, rotation.TagPasswordSymbols)
		if err := (Rotator{}).Apply(t.Context(), s, urlValue(dualUser, "canaryNew2"), rotatortest.Unfenced); !errors.Is(err, rotation.ErrRefusedByPolicy) {
			t.Error(err)
		}
		s.Tags[rotation.TagPasswordSymbols] = "!#"
		passCheck(t, s)
		plan, err := Rotator{}.Plan(s)
		rotatortest.Must(t, err)
		rotatortest.Apply(t, Rotator{}, s, plan.Next.Reveal())
	}
}

func TestMySQLOfClassSIsCheckedBefore(t *testing.T) {
	of := func(change func(*mysqld.Account), users ...string) func(*mysqld.Server, *rotation.Subject) {
		return func(server *mysqld.Server, _ *rotation.Subject) {
			for _, user := range users {
				changeMySQL(server, user, change)
			}
		}
	}
	marked := of(func(a *mysqld.Account) { a.Attribute = "rotunda:contoso.vault.azure.net/other" }, dualUser)
	for name, row := range map[string]struct {
		admin bool
		spoil func(*mysqld.Server, *rotation.Subject)
		says  []string
	}{
		"no right at all":  {true, of(func(a *mysqld.Account) { a.CreateUser = false }, "operator"), []string{"does not permit ALTER USER", "has no account"}},
		"another secret's": {true, marked, []string{"belongs to another secret (contoso.vault.azure.net/other)"}},
		"another secret's, without an administrator": {false, marked, []string{"belongs to another secret (contoso.vault.azure.net/other)"}},
		"two accounts of the name": {true, func(server *mysqld.Server, _ *rotation.Subject) {
			server.Create(mysqld.Account{User: dualUser, Host: "localhost", First: oldPassword})
		}, []string{"Name the account's host"}},
		"an old version": {true, func(server *mysqld.Server, _ *rotation.Subject) { server.Claim("8.0.20") }, []string{"needs 8.0.21"}},
		"no such account": {
			true, func(_ *mysqld.Server, s *rotation.Subject) { s.CredentialID = dualUser + "@10.9.9.9" },
			[]string{"another account than", "has no account"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, s := newSingle(t, row.admin)
			row.spoil(server, &s)
			failCheck(t, s, row.says...)
			if row.admin && name != "an old version" {
				if err := (Rotator{}).Apply(t.Context(), s, urlValue(dualUser, newPassword), rotatortest.Unfenced); rotatortest.Fault(t, err) == nil {
					t.Error("the password was changed")
				}
			}
			if changes := server.Changes(); len(changes) != 0 {
				t.Error(changes)
			}
		})
	}
}

// An account that changes its own password needs no attributes, which an old server lacks.
func TestAnOldMySQLAccountReplacesItsOwnPassword(t *testing.T) {
	server, s := newSingle(t, false)
	server.Claim("5.7.44")
	passCheck(t, s)
	rotatortest.Apply(t, Rotator{}, s, urlValue(dualUser, newPassword).Reveal())
	wantPasswords(t, server, newPassword, "")
}
