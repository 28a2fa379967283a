package rabbitmq

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

func TestWrongRabbitMQSubjectsSayWhatIsWrong(t *testing.T) {
	good := rotation.Subject{
		Name: "orders-mq", Owner: vaultSecret, Address: "rabbitmq://mq", CredentialID: "orders",
		Current: secret.NewValue("amqp://orders:" + oldPassword + "@mq/"), Admin: secret.NewValue("amqp://rotator:canary-admin@mq/"),
	}
	if plan, err := (Rotator{}).Plan(good); err != nil || len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "orders_a") {
		t.Fatalf("%v, %v", plan.Warnings, err)
	}
	for says, spoil := range map[string]func(*rotation.Subject){
		"rabbitmq://host:15671":      func(s *rotation.Subject) { s.Address = "amqp://mq" },
		"user or password":           func(s *rotation.Subject) { s.Address = "rabbitmq://a:canary-x@mq" },
		"without TLS":                func(s *rotation.Subject) { s.Address = "rabbitmq://mq:15672?sslmode=disable" },
		"sslmode":                    func(s *rotation.Subject) { s.Address = "rabbitmq://mq?sslmode=prefer" },
		"no others":                  func(s *rotation.Subject) { s.Address = "rabbitmq://mq?canary=x" },
		"RotationClass":              func(s *rotation.Subject) { s.Tags = map[string]string{rotation.TagClass: "S"} },
		"AdminSecret":                func(s *rotation.Subject) { s.Admin = secret.Value{} },
		"must be a URL or JSON":      func(s *rotation.Subject) { s.Admin = secret.NewValue("canary-admin") },
		"needs the tag CredentialId": func(s *rotation.Subject) { s.CredentialID = "" },
		"too long":                   func(s *rotation.Subject) { s.CredentialID = strings.Repeat("o", 254) },
		"without colons":             func(s *rotation.Subject) { s.CredentialID = "a:b" },
		"bare password":              func(s *rotation.Subject) { s.Current = secret.NewValue(oldPassword) },
		"must be the one in":         func(s *rotation.Subject) { s.Current = secret.NewValue("amqp://shop:" + oldPassword + "@mq/") },
		"another administrator":      func(s *rotation.Subject) { s.Admin = secret.NewValue("amqp://orders_b:canary-admin@mq/") },
		"value of AdminSecret":       func(s *rotation.Subject) { s.Admin = secret.NewValue("amqp://..:canary-admin@mq/") },
		"PasswordLength":             func(s *rotation.Subject) { s.Tags = map[string]string{"PasswordLength": "3"} },
	} {
		t.Run(says, func(t *testing.T) {
			s := good
			spoil(&s)
			_, err := Rotator{}.Plan(s)
			rotatortest.WantPermanent(t, err, says)
		})
	}
}

// A password in RabbitMQ's documentation has the hash that is given there, but for the salt.
func TestAHashIsWhatTheDocumentationSays(t *testing.T) {
	if got := saltedHash([]byte{0x90, 0x8D, 0xC6, 0x0A}, secret.NewValue("test12")); got != "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR" {
		t.Errorf("got %s", got)
	}
	if one, other := newHash(secret.NewValue("canary")), newHash(secret.NewValue("canary")); one == other {
		t.Error("two hashes have the same salt")
	}
}
