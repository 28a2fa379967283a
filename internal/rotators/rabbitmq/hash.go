package rabbitmq

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"rotunda/internal/secret"
)

// hashingAlgorithm is the one of newHash, by the name that RabbitMQ has for it.
const hashingAlgorithm = "rabbit_password_hashing_sha256"

// noPassword is the hash of a user whom no password logs in (rabbitmq/rabbitmq-website
// docs/passwords.md, "Passwordless Users").
const noPassword = ""

// newHash returns a password as RabbitMQ stores it: four random bytes, and the SHA-256 of these and
// the password (rabbitmq/rabbitmq-website docs/passwords.md, "This is the algorithm").
func newHash(password secret.Value) string {
	salted := make([]byte, 4, 4+sha256.Size)
	_, _ = rand.Read(salted) // it never fails
	sum := sha256.Sum256(append(salted[:4:4], password.Reveal()...))
	return base64.StdEncoding.EncodeToString(append(salted, sum[:]...))
}
