package postgres

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// scramIterations is PostgreSQL's own number. More would slow logins, and the random passwords
// that Rotunda makes can't be guessed anyway.
const scramIterations = 4096

// newVerifier returns a password as PostgreSQL stores it, in a form that ALTER ROLE accepts
// (RFC 5803).
func newVerifier(password secret.Value) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	return verifier(password.Reveal(), salt, scramIterations)
}

// verifier accepts ASCII only: drivers differ in what SASLprep makes of other text.
func verifier(password string, salt []byte, iterations int) (string, error) {
	if strings.ContainsFunc(password, func(r rune) bool { return r >= 0x80 }) {
		return "", rotation.Permanentf("The new password has characters beyond ASCII, which drivers encode differently. Set a password in ASCII.")
	}
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", rotation.Permanentf("The FIPS mode that Rotunda runs in does not allow a password this short. Raise the tag %s.", rotation.TagPasswordLength)
	}
	storedKey := sha256.Sum256(hmacSHA256(salted, "Client Key"))
	serverKey := hmacSHA256(salted, "Server Key")
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, encode(salt), encode(storedKey[:]), encode(serverKey)), nil
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
