package ldap

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/testserver"
)

func TestWrongLDAPSubjectsSayWhatIsWrong(t *testing.T) {
	good := rotation.Subject{Name: "app", Address: "ldap://directory.example.com", CredentialID: app, Current: secret.NewValue(oldPassword)}
	for says, spoil := range map[string]func(*rotation.Subject){
		"ldap://host:389":    func(s *rotation.Subject) { s.Address = "directory:389" },
		"ldaps://host:636":   func(s *rotation.Subject) { s.Address = "ldapi:///run/slapd" },
		"user or password":   func(s *rotation.Subject) { s.Address = "ldap://app:canary-x@directory" },
		"in clear text":      func(s *rotation.Subject) { s.Address += "?sslmode=disable" },
		"must be verify-ca":  func(s *rotation.Subject) { s.Address += "?sslmode=require" },
		"or verify-full, or": func(s *rotation.Subject) { s.Address = "ldaps://directory?sslmode=disable" },
		"ROTATION_CA_FOLDER": func(s *rotation.Subject) { s.Address += "?sslrootcert=ca.pem" },
		"distinguished name": func(s *rotation.Subject) { s.CredentialID = "app" },
		"not the one in":     func(s *rotation.Subject) { s.Current = secret.NewValue(`{"username":"uid=other","password":"canary"}`) },
		"S for Active": func(s *rotation.Subject) {
			s.CredentialID, s.Tags = `CORP\app`, map[string]string{rotation.TagClass: "O"}
		},
		"O or S for LDAP":     func(s *rotation.Subject) { s.Tags = map[string]string{rotation.TagClass: "A"} },
		"AdminSecret":         func(s *rotation.Subject) { s.Admin = secret.NewValue("canary-admin") },
		"cn=rotator,dc=":      func(s *rotation.Subject) { s.Admin = secret.NewValue(`{"username":"admin","password":"canary"}`) },
		"bare password":       func(s *rotation.Subject) { s.CredentialID = "" },
		"PasswordLength must": func(s *rotation.Subject) { s.Tags = map[string]string{"PasswordLength": "3"} },
	} {
		t.Run(says, func(t *testing.T) {
			s := good
			spoil(&s)
			_, err := Rotator{}.Plan(s)
			rotatortest.WantPermanent(t, err, says)
		})
	}
}

func TestNamesOfLogins(t *testing.T) {
	for _, row := range []struct {
		credentialID, value string
		class               rotation.Class
		as                  string
	}{
		{app, "canary", rotation.Overlap, "uid=app,dc=example,dc=com"},
		{"UID=App, DC=Example,dc=com", "canary", rotation.Overlap, "uid=app,dc=example,dc=com"},
		{"", `{"username":"uid=app,dc=example,dc=com","password":"canary"}`, rotation.Overlap, "uid=app,dc=example,dc=com"},
		{app, `{"username":"app","password":"canary"}`, rotation.Overlap, "uid=app,dc=example,dc=com"},
		{app, `{"username":"UID=app,dc=example, dc=com","password":"canary"}`, rotation.Overlap, "uid=app,dc=example,dc=com"},
		{"App@corp.example.com", `{"username":"app","password":"canary"}`, rotation.Single, "app@corp.example.com"},
		{"", `{"username":"CORP\\App","password":"canary"}`, rotation.Single, `corp\app`},
		{"", "ldap://uid%3Dapp%2Cdc%3Dexample%2Cdc%3Dcom:canary@directory", rotation.Overlap, "uid=app,dc=example,dc=com"},
	} {
		s := rotation.Subject{Name: "app", Address: "ldaps://directory", CredentialID: row.credentialID, Current: secret.NewValue(row.value)}
		plan, err := Rotator{}.Plan(s)
		if err != nil || plan.Class != row.class || plan.Identity != "ldaps://directory:636 as "+row.as {
			t.Errorf("%q, %q: %v, %s, %s", row.credentialID, row.value, err, plan.Class, plan.Identity)
		}
	}
}

func TestLDAPValuesInOtherForms(t *testing.T) {
	s := rotation.Subject{Name: "app", Address: "ldap://directory", CredentialID: app, Current: secret.NewValue(oldPassword)}
	for value, same := range map[string]bool{
		oldPassword + "\n": true, `{"username":"UID=app,dc=example, dc=com","password":"` + oldPassword + `"}`: true, `{"username":"app","password":"` + oldPassword + `"}`: true,
		newPassword: false, `{"username":"uid=other,dc=example,dc=com","password":"` + oldPassword + `"}`: false, "": false,
	} {
		if got := (Rotator{}).Same(s, s.Current, secret.NewValue(value)); got != same {
			t.Errorf("%q: %v", value, got)
		}
	}
}

// One login has one location, whatever the address and the spelling of its name.
func TestALoginHasOneLocation(t *testing.T) {
	server, s := start(t, testserver.SlapdOptions{})
	here := rotatortest.Locate(t, Rotator{}, s)
	other := s
	other.Address = "ldaps://" + strings.Replace(server.TLSAddr, "127.0.0.1", "localhost", 1) + "?sslrootcert=roots.pem"
	other.CredentialID = "UID=APP, " + testserver.Suffix
	if got := rotatortest.Locate(t, Rotator{}, other); got != here || got.Login == "" || got.Run == "" {
		t.Errorf("%v, not %v", got, here)
	}
	server.AddPerson(t, "other", oldPassword)
	other.CredentialID = "uid=other," + testserver.Suffix
	if got := rotatortest.Locate(t, Rotator{}, other); got == here {
		t.Errorf("another login is at %v", got)
	}
}

func TestLocatingADirectoryEndsWithItsCaller(t *testing.T) {
	for _, address := range []string{"ldap://%s?sslmode=disable", "ldap://%s", "ldaps://%s"} {
		rotatortest.WantPatience(t, Rotator{}, func(rogue *rotatortest.Rogue) rotation.Subject {
			return rotation.Subject{Name: "app", Address: strings.Replace(address, "%s", rogue.Addr, 1), CredentialID: app, Current: secret.NewValue(oldPassword)}
		})
	}
}
