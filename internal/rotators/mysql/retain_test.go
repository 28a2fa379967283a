package mysql

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/ca"
	"rotunda/internal/standin/mysqld"
)

// The names need proper quoting.
const (
	dualUser = `o'Br\ien`
	dualHost = "%"
)

// newDual starts a stand-in of MySQL, and returns a secret of class O.
func newDual(t *testing.T) (*mysqld.Server, rotation.Subject) {
	t.Helper()
	signer, err := ca.New()
	rotatortest.Must(t, err)
	certificate, err := signer.Certificate("127.0.0.1")
	rotatortest.Must(t, err)
	server, err := mysqld.Start(certificate)
	rotatortest.Must(t, err)
	t.Cleanup(server.Close)
	server.Create(mysqld.Account{User: dualUser, Host: dualHost, First: oldPassword})
	server.Create(mysqld.Account{User: "operator", Host: dualHost, First: operatorPassword, CreateUser: true, ReadUser: true})
	return server, rotation.Subject{
		Name: "db", Owner: "contoso.vault.azure.net/db", Address: "mysql://" + server.Addr + "?sslrootcert=roots.pem", CredentialID: dualUser,
		Tags: map[string]string{}, Current: urlValue(dualUser, oldPassword), Admin: jsonValue("operator", operatorPassword),
		Trust: rotation.Trust{CAs: fstest.MapFS{"roots.pem": {Data: signer.PEM()}}},
	}
}

// wantPasswords compares the account's passwords with the first and the second that are wanted.
func wantPasswords(t *testing.T, server *mysqld.Server, first, second string) {
	t.Helper()
	if a := server.Account(dualUser, dualHost); a.First != first || a.Second != second {
		t.Errorf("the account has %q and %q, not %q and %q", a.First, a.Second, first, second)
	}
}

func TestMySQLKeepsTheOldPasswordUntilItIsRetired(t *testing.T) {
	server, s := newDual(t)
	for range 3 {
		passCheck(t, s)
		plan, err := Rotator{}.Plan(s)
		rotatortest.Must(t, err)
		old, next := s.Current, plan.Next
		rotatortest.WantVerdict(t, Rotator{}, s, plan.Decoy.Reveal(), rotation.Rejected)
		for range 2 { // the second is a resume
			rotatortest.Must(t, Rotator{}.Apply(t.Context(), s, next, rotatortest.Unfenced))
			rotatortest.WantVerdict(t, Rotator{}, s, old.Reveal(), rotation.Accepted)
			rotatortest.WantVerdict(t, Rotator{}, s, next.Reveal(), rotation.Accepted)
		}
		s.Current = next
		for range 2 {
			rotatortest.Retire(t, Rotator{}, s, old.Reveal())
			rotatortest.WantVerdict(t, Rotator{}, s, old.Reveal(), rotation.Rejected)
			rotatortest.WantVerdict(t, Rotator{}, s, next.Reveal(), rotation.Accepted)
		}
	}
	turn := []string{mysqld.Retain, mysqld.Set, mysqld.Discard}
	if changes := server.Changes(); !slices.Equal(changes, slices.Repeat(turn, 3)) {
		t.Error(changes)
	}
}

// After a rollback, the secret's present password is the account's second one.
func TestMySQLRetiresTheFirstPasswordToo(t *testing.T) {
	server, s := newDual(t)
	rotatortest.Apply(t, Rotator{}, s, urlValue(dualUser, newPassword).Reveal())
	wantPasswords(t, server, newPassword, oldPassword)
	rotatortest.Retire(t, Rotator{}, s, urlValue(dualUser, newPassword).Reveal())
	wantPasswords(t, server, oldPassword, "")
}

// MySQL keeps one password beside the first. One that is somebody's is not dropped.
func TestMySQLKeepsSomebodysSecondPassword(t *testing.T) {
	server, s := newDual(t)
	const others = "canary-others"
	server.Create(mysqld.Account{User: dualUser, Host: dualHost, First: oldPassword, Second: others})
	failCheck(t, s, "has a second password")
	rotatortest.RefuseApply(t, Rotator{}, s, urlValue(dualUser, newPassword).Reveal(), "DISCARD OLD PASSWORD")
	wantPasswords(t, server, oldPassword, others)
	rotatortest.Retire(t, Rotator{}, s, urlValue(dualUser, "canary-of-long-ago").Reveal())
	wantPasswords(t, server, oldPassword, others)
}

// An account that lost the secret's password has none to keep, and nothing is removed for a secret
// whose password is not the account's.
func TestMySQLAccountWithoutTheSecretsPassword(t *testing.T) {
	server, s := newDual(t)
	const others = "canary-others"
	server.Create(mysqld.Account{User: dualUser, Host: dualHost, First: others})
	rotatortest.RefuseApply(t, Rotator{}, s, urlValue(dualUser, newPassword).Reveal(), "does not have the secret's password")
	server.Create(mysqld.Account{User: dualUser, Host: dualHost, First: others, Second: oldPassword})
	s.Current = urlValue(dualUser, newPassword)
	fault := rotatortest.Fault(t, Rotator{}.Retire(t.Context(), s, urlValue(dualUser, oldPassword), rotatortest.Unfenced))
	if fault == nil || fault.Permanent || !strings.Contains(fault.Reason, "secret's latest version") {
		t.Error(fault)
	}
	wantPasswords(t, server, others, oldPassword)
}

func TestMySQLFenceKeepsTheOldPasswordAlone(t *testing.T) {
	server, s := newDual(t)
	down := errors.New("the record is closed")
	err := Rotator{}.Apply(t.Context(), s, urlValue(dualUser, newPassword), func(context.Context) error { return down })
	if !errors.Is(err, down) {
		t.Error(err)
	}
	wantPasswords(t, server, oldPassword, "")
}

func TestMySQLOfClassOIsCheckedBefore(t *testing.T) {
	operator := mysqld.Account{User: "operator", Host: dualHost, First: operatorPassword}
	account := mysqld.Account{User: dualUser, Host: dualHost, First: oldPassword}
	with := func(a mysqld.Account, change func(*mysqld.Account)) mysqld.Account {
		change(&a)
		return a
	}
	for name, row := range map[string]struct {
		as, of mysqld.Account
		says   []string
	}{
		"no right at all":        {operator, account, []string{"does not permit ALTER USER", "has no account"}},
		"no right to read":       {with(operator, func(a *mysqld.Account) { a.CreateUser = true }), account, []string{"on mysql.user"}},
		"a policy of reuse":      {with(operator, func(a *mysqld.Account) { a.CreateUser, a.ReadUser = true, true }), with(account, func(a *mysqld.Account) { a.History = 3 }), []string{"PASSWORD HISTORY 0"}},
		"another plugin":         {with(operator, func(a *mysqld.Account) { a.CreateUser, a.ReadUser = true, true }), with(account, func(a *mysqld.Account) { a.Plugin = "authentication_ldap_simple" }), []string{"keeps no second password"}},
		"another secret's":       {with(operator, func(a *mysqld.Account) { a.CreateUser, a.ReadUser = true, true }), with(account, func(a *mysqld.Account) { a.Attribute = "rotunda:contoso.vault.azure.net/other" }), []string{"belongs to another secret"}},
		"an account of its host": {with(operator, func(a *mysqld.Account) { a.CreateUser, a.ReadUser = true, true }), with(account, func(a *mysqld.Account) { a.Host = "localhost" }), []string{"Name the account's host"}},
	} {
		t.Run(name, func(t *testing.T) {
			server, s := newDual(t)
			server.Create(row.as)
			server.Create(row.of)
			failCheck(t, s, row.says...)
			if err := (Rotator{}).Apply(t.Context(), s, urlValue(dualUser, newPassword), rotatortest.Unfenced); err == nil && row.of.History == 0 {
				t.Error("the password was changed")
			}
			if changed := len(server.Changes()) > 0; changed != (row.of.History > 0) {
				t.Error(server.Changes())
			}
		})
	}
}

// The account that Rotunda's host has is the one to rotate.
func TestMySQLChoosesAnotherAccountOfTheName(t *testing.T) {
	server, s := newDual(t)
	server.Create(mysqld.Account{User: dualUser, Host: "localhost", First: oldPassword})
	s.CredentialID = dualUser + "@%"
	failCheck(t, s, "another account than")
	rotatortest.RefuseApply(t, Rotator{}, s, urlValue(dualUser, newPassword).Reveal(), "name the account that Rotunda's host has")
	s.CredentialID = dualUser + "@localhost"
	passCheck(t, s)
	rotatortest.Apply(t, Rotator{}, s, urlValue(dualUser, newPassword).Reveal())
	wantPasswords(t, server, oldPassword, "")
	if a := server.Account(dualUser, "localhost"); a.First != newPassword || a.Second != oldPassword {
		t.Errorf("%+v", a)
	}
}

// A server that nothing verifies is sent no password, and MySQL without TLS is not used at all.
func TestMySQLOfClassOIsVerified(t *testing.T) {
	_, s := newDual(t)
	for sslmode, says := range map[string]string{"require": "nothing proves who", "disable": "requires TLS"} {
		s.Address = strings.Replace(s.Address, "?sslrootcert=roots.pem", "?sslmode="+sslmode, 1)
		verdict, err := Rotator{}.Probe(t.Context(), s, secret.NewValue(s.Current.Reveal()))
		if fault := rotatortest.Fault(t, err); verdict != rotation.Unknown || fault == nil || !strings.Contains(fault.Reason, says) {
			t.Errorf("%s: %v, %v", sslmode, verdict, err)
		}
		s.Address = strings.Replace(s.Address, "?sslmode="+sslmode, "?sslrootcert=roots.pem", 1)
	}
}
