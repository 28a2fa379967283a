package mysql

import (
	"testing"
	"testing/fstest"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

func TestWhatMySQLRotatesHasAName(t *testing.T) {
	for credential, identity := range map[string]string{
		"app":          "mysql://db:3306 as app",
		"app@10.0.0.%": "mysql://db:3306 as app@10.0.0.%",
		"a@b@host":     "mysql://db:3306 as a@b@host",
	} {
		s := rotation.Subject{Name: "db", Address: "mariadb://DB", CredentialID: credential, Current: secret.NewValue(oldPassword), Tags: map[string]string{rotation.TagClass: "S"}}
		plan, err := Rotator{}.Plan(s)
		if err != nil || plan.Identity != identity || plan.Class != rotation.Single || len(plan.Next.Reveal()) != 32 || plan.Decoy.Equal(s.Current) {
			t.Errorf("%s: %+v, %v", credential, plan, err)
		}
	}
}

func TestWrongMySQLSubjectsSayWhatIsWrong(t *testing.T) {
	for says, spoil := range map[string]func(*rotation.Subject){
		"mysql://host:3306":    func(s *rotation.Subject) { s.Address = "db:3306" },
		"user or password":     func(s *rotation.Subject) { s.Address = "mysql://app:canary-x@db" },
		"no others":            func(s *rotation.Subject) { s.Address = "mysql://db?tls=canary-x" },
		"sslmode":              func(s *rotation.Subject) { s.Address = "mysql://db?sslmode=canary-x" },
		"no effect":            func(s *rotation.Subject) { s.Address = "mysql://db?sslmode=require&sslrootcert=ca.pem" },
		"without its folder":   func(s *rotation.Subject) { s.Address = "mysql://db?sslrootcert=/ca.pem" },
		"ROTATION_CA_FOLDER":   func(s *rotation.Subject) { s.Address = "mysql://db?sslrootcert=ca.pem" },
		"needs the parameter":  func(s *rotation.Subject) { s.Address = "mysql://db?sslmode=verify-ca" },
		"in clear text":        func(s *rotation.Subject) { s.Address = "mysql://db?sslmode=disable" },
		"number from 1":        func(s *rotation.Subject) { s.Address = "mysql://db:0" },
		"control":              func(s *rotation.Subject) { s.CredentialID = "a\x00b" },
		"the tag CredentialId": func(s *rotation.Subject) { s.CredentialID = "" },
		"not the one in":       func(s *rotation.Subject) { s.Current = urlValue("other", oldPassword) },
		"needs an admin":       func(s *rotation.Subject) { s.Admin = secret.Value{} },
		"AdminSecret names":    func(s *rotation.Subject) { s.Admin = secret.NewValue("canary-admin") },
		"O or A or S":          func(s *rotation.Subject) { s.Tags[rotation.TagClass] = "canary-K" },
		"bare password":        func(s *rotation.Subject) { s.Tags[rotation.TagClass] = "A" },
		"Class A needs the": func(s *rotation.Subject) {
			s.Tags[rotation.TagClass], s.CredentialID, s.Current = "A", "", urlValue("app", oldPassword)
		},
		"AdminSecret's own": func(s *rotation.Subject) { s.Tags[rotation.TagClass], s.Current = "A", urlValue("root", oldPassword) },
	} {
		t.Run(says, func(t *testing.T) {
			s := rotation.Subject{
				Name: "db", Address: "mysql://db", CredentialID: "app", Tags: map[string]string{},
				Current: secret.NewValue(oldPassword), Admin: jsonValue("root", "canary-root"),
			}
			_, err := Rotator{}.Plan(s)
			rotatortest.Must(t, err)
			spoil(&s)
			_, err = Rotator{}.Plan(s)
			rotatortest.WantPermanent(t, err, says)
		})
	}
}

func FuzzMySQLAddresses(f *testing.F) {
	for _, address := range []string{"mysql://db", "mariadb://[::1]:3307?sslmode=require", "mysql://a:canary@b", "mysql://db?sslrootcert=ca.pem", "mysql://db/app"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trust := rotation.Trust{CAs: fstest.MapFS{}, Plaintext: true}
		address, err := parseAddress(text, trust)
		if err != nil {
			return
		}
		again, err := parseAddress(address.String(), trust)
		if err != nil || again.String() != address.String() {
			t.Errorf("%q: %v, %v, %v", text, address, again, err)
		}
	})
}
