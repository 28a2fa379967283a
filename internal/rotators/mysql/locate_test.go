package mysql

import (
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

// One login of one server has one location, however the address and the account are spelled; a
// restart changes its run only.
func TestMariaDBTellsWhichServerItIs(t *testing.T) {
	server := testserver.StartMariaDB(t)
	s, app := newAccount(t, server, "")
	here := rotatortest.Locate(t, Rotator{}, s)
	for _, address := range []string{"mysql://127.0.0.1:", "mariadb://LOCALHOST:"} {
		for _, id := range []string{app.user, app.user + "@%"} {
			s.Address, s.CredentialID = address+server.Port()+"?sslmode=disable", id
			if got := rotatortest.Locate(t, Rotator{}, s); got != here || got.Login == "" || got.Run == "" {
				t.Errorf("%s as %s: %v, not %v", address, id, got, here)
			}
		}
	}
	server.Exec(t, "CREATE USER ann IDENTIFIED BY 'canary-ann'")
	other := s
	other.CredentialID, other.Current = "ann", secret.NewValue("canary-ann")
	if got := rotatortest.Locate(t, Rotator{}, other); got.Login == here.Login || got.Run != here.Run {
		t.Errorf("another login: %v", got)
	}
	server.Restart(t)
	got := rotatortest.Locate(t, Rotator{}, s)
	if got.Run == here.Run { // by chance: a clock sequence has 14 bits
		server.Restart(t)
		got = rotatortest.Locate(t, Rotator{}, s)
	}
	if got.Login != here.Login || got.Run == here.Run {
		t.Errorf("after a restart: %v, before %v", got, here)
	}
	s.Current = secret.NewValue("canary-wrong")
	if _, err := (Rotator{}).Locate(t.Context(), s); rotatortest.Fault(t, err) == nil {
		t.Error("a wrong password found a location")
	}
}

// In class A both accounts have one location.
func TestMariaDBLocatesAPair(t *testing.T) {
	s, _ := newRole(t, testserver.SharedMariaDB(t))
	before := rotatortest.Locate(t, Rotator{}, s)
	if after := rotatortest.Locate(t, Rotator{}, rotate(t, s)); after != before || before.Login == "" {
		t.Errorf("%v, then %v", before, after)
	}
}

func TestMySQLValuesInOtherForms(t *testing.T) {
	s := rotation.Subject{
		Address: "mysql://localhost?sslmode=disable", CredentialID: "app@%", Tags: map[string]string{rotation.TagClass: "S"}, Current: secret.NewValue(oldPassword),
	}
	for value, same := range map[string]bool{
		oldPassword + "\r\n":                   true,
		urlValue("app", oldPassword).Reveal():  true,
		jsonValue("app", oldPassword).Reveal(): true,
		jsonValue("ann", oldPassword).Reveal(): false,
		newPassword:                            false,
		"":                                     false,
	} {
		if got := (Rotator{}).Same(s, s.Current, secret.NewValue(value)); got != same {
			t.Errorf("%q: %v", value, got)
		}
	}
}

func TestLocatingMySQLEndsWithItsCaller(t *testing.T) {
	rotatortest.WantPatience(t, Rotator{}, func(rogue *rotatortest.Rogue) rotation.Subject { return rogueSubject(rogue, "disable") })
}
