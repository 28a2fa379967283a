package rabbitmq

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"rotunda/internal/secret"
)

// hashingAlgorithm is the one of newHash, by the name that RabbitMQ has for it.
const hashingAlgorithm = "rabbit_password_hashing_sha256"

// noPassword is the hash of a user whom no password logs in (rabbitmq/rabbitmq-website
// docs/passwords.md, "Passwordless Users").
const noPassword = ""

// newHash returns a password as RabbitMQ stores it, with a salt of four random bytes.
func newHash(password secret.Value) string {
	salt := make([]byte, 4)
	_, _ = rand.Read(salt) // it never fails
	return saltedHash(salt, password)
}

// saltedHash returns the salt, and the SHA-256 of it and the password (rabbitmq/rabbitmq-website
// docs/passwords.md, "This is the algorithm").
func saltedHash(salt []byte, password secret.Value) string {
	sum := sha256.Sum256(slices.Concat(salt, []byte(password.Reveal())))
	return base64.StdEncoding.EncodeToString(slices.Concat(salt, sum[:]))
}
