package redis

import (
	"testing"
	"testing/fstest"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

func TestWrongRedisSubjectsSayWhatIsWrong(t *testing.T) {
	good := rotation.Subject{Name: "cache", Address: "redis://cache", CredentialID: "app", Current: secret.NewValue(oldPassword), Trust: rotation.Trust{Plaintext: true}}
	for says, spoil := range map[string]func(*rotation.Subject){
		"redis://host:6379":      func(s *rotation.Subject) { s.Address = "cache:6379" },
		"user or password":       func(s *rotation.Subject) { s.Address = "redis://app:canary-x@cache" },
		"no TLS":                 func(s *rotation.Subject) { s.Address = "redis://cache?cafile=ca.pem" },
		"without its folder":     func(s *rotation.Subject) { s.Address = "rediss://cache?cafile=../ca.pem" },
		"ROTATION_CA_FOLDER":     func(s *rotation.Subject) { s.Address = "rediss://cache?cafile=ca.pem" },
		"in clear text":          func(s *rotation.Subject) { s.Trust.Plaintext = false },
		"no others":              func(s *rotation.Subject) { s.Address = "rediss://cache?password=canary-x" },
		"CredentialId":           func(s *rotation.Subject) { s.CredentialID = "" },
		"not the one in":         func(s *rotation.Subject) { s.Current = secret.NewValue("redis://:" + oldPassword + "@cache") },
		"AdminSecret":            func(s *rotation.Subject) { s.Admin = secret.NewValue("canary-admin") },
		rotation.TagRedisPersist: func(s *rotation.Subject) { s.Tags = map[string]string{rotation.TagRedisPersist: "canary-yes"} },
		rotation.TagClass:        func(s *rotation.Subject) { s.Tags = map[string]string{rotation.TagClass: "S"} },
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

func FuzzRedisAddresses(f *testing.F) {
	for _, address := range []string{"redis://cache", "rediss://[::1]:6380?cafile=ca.pem", "redis://a:canary@b", "redis://h:0", "redis://cache/0"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trust := rotation.Trust{CAs: fstest.MapFS{}, Plaintext: true}
		address, err := parseAddress(text, trust)
		if err != nil {
			return
		}
		again, err := parseAddress(address.String(), trust)
		if err != nil || again.Server != address.Server {
			t.Errorf("%q: %v, %v, %v", text, address, again, err)
		}
	})
}
