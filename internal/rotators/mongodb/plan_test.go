package mongodb

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

func TestWrongMongoDBSubjectsSayWhatIsWrong(t *testing.T) {
	good := rotation.Subject{
		Name: "orders-db", Owner: vaultSecret, Address: "mongodb://db", CredentialID: "orders",
		Current: secret.NewValue(value("orders", oldPassword)), Admin: secret.NewValue(value("rotator", "canary-admin")),
	}
	if _, err := (Rotator{}).Plan(good); err != nil {
		t.Fatal(err)
	}
	for says, spoil := range map[string]func(*rotation.Subject){
		"mongodb://host:27017/database": func(s *rotation.Subject) { s.Address = "mongodb+srv://db" },
		"one host name":                 func(s *rotation.Subject) { s.Address = "mongodb://db1,db2" },
		"user or password":              func(s *rotation.Subject) { s.Address = "mongodb://a:canary-x@db" },
		"without TLS":                   func(s *rotation.Subject) { s.Address = "mongodb://db?tls=false" },
		"must be true":                  func(s *rotation.Subject) { s.Address = "mongodb://db?tls=maybe" },
		"Remove one":                    func(s *rotation.Subject) { s.Address = "mongodb://localhost?tls=false&tlsCAFile=ca.pem" },
		"ROTATION_CA_FOLDER":            func(s *rotation.Subject) { s.Address = "mongodb://db?tlsCAFile=ca.pem" },
		"no others":                     func(s *rotation.Subject) { s.Address = "mongodb://db?tlsInsecure=true" },
		"RotationClass":                 func(s *rotation.Subject) { s.Tags = map[string]string{rotation.TagClass: "O"} },
		"needs an administrator":        func(s *rotation.Subject) { s.Admin, s.Tags = secret.Value{}, map[string]string{rotation.TagClass: "A"} },
		"must be a URL or JSON":         func(s *rotation.Subject) { s.Admin = secret.NewValue("canary-admin") },
		"needs the tag CredentialId":    func(s *rotation.Subject) { s.CredentialID = "" },
		"too long":                      func(s *rotation.Subject) { s.CredentialID = strings.Repeat("o", 254) },
		"control characters":            func(s *rotation.Subject) { s.CredentialID = "a\x00b" },
		"bare password":                 func(s *rotation.Subject) { s.Current = secret.NewValue(oldPassword) },
		"must be the one in":            func(s *rotation.Subject) { s.Current = secret.NewValue(value("shop", oldPassword)) },
		"another administrator":         func(s *rotation.Subject) { s.Admin = secret.NewValue(value("orders_b", "canary-admin")) },
		"AdminSecret's own": func(s *rotation.Subject) {
			s.Admin, s.Tags = secret.NewValue(value("orders", "canary-admin")), map[string]string{rotation.TagClass: "S"}
		},
		"not the one in the tag": func(s *rotation.Subject) { s.Admin, s.CredentialID = secret.Value{}, "other" },
		"PasswordLength":         func(s *rotation.Subject) { s.Tags = map[string]string{"PasswordLength": "3"} },
	} {
		t.Run(says, func(t *testing.T) {
			s := good
			spoil(&s)
			_, err := Rotator{}.Plan(s)
			rotatortest.WantPermanent(t, err, says)
		})
	}
}
