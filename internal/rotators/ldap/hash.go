package ldap

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // stored by old directories: it is only compared
	"crypto/sha1" //nolint:gosec // {SSHA} is what every slapd knows without a module
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"strings"

	"rotunda/internal/secret"
)

// newHash returns a password as OpenLDAP stores it by default (slappasswd(8), -h). The salt is
// made of the password and the secret's name: the same password has the same hash, so that the
// directory itself refuses to add it twice. Passwords have 96 random bits or more, which a salt
// adds nothing to.
func newHash(password secret.Value, owner string) string {
	const saltSize = 8
	mac := hmac.New(sha256.New, []byte(password.Reveal()))
	mac.Write([]byte("rotunda salt " + owner))
	salt := mac.Sum(nil)[:saltSize]
	sum := sha1.Sum(append([]byte(password.Reveal()), salt...)) //nolint:gosec // as above
	return "{SSHA}" + base64.StdEncoding.EncodeToString(append(sum[:], salt...))
}

// schemes are those of RFC 2307, 5.3, of slapd itself (libraries/liblutil/passwd.c) and of its
// module pw-sha2 (contrib/slapd-modules/passwd/sha2). All hash the password with the salt after
// it, and store digest and salt in base64.
var schemes = map[string]func() hash.Hash{
	"{MD5}": md5.New, "{SMD5}": md5.New, "{SHA}": sha1.New, "{SSHA}": sha1.New,
	"{SHA256}": sha256.New, "{SSHA256}": sha256.New, "{SHA384}": sha512.New384, "{SSHA384}": sha512.New384,
	"{SHA512}": sha512.New, "{SSHA512}": sha512.New,
}

// schemeOf returns the scheme of a stored password, such as {SSHA}, and the rest. A password in
// clear text has none (libraries/liblutil/passwd.c, lutil_passwd).
func schemeOf(stored string) (scheme, rest string) {
	end := strings.IndexByte(stored, '}')
	if end < 2 || stored[0] != '{' {
		return "", stored
	}
	return strings.ToUpper(stored[:end+1]), stored[end+1:]
}

// isHashOf reports whether a stored value is that of a password. Known reports whether Rotunda can
// tell.
func isHashOf(stored string, password secret.Value) (is, known bool) {
	scheme, rest := schemeOf(stored)
	if scheme == "" {
		return password.Equal(secret.NewValue(stored)), true
	}
	newHash, known := schemes[scheme]
	if !known {
		return false, false
	}
	decoded, err := base64.StdEncoding.DecodeString(rest)
	h := newHash()
	if err != nil || len(decoded) < h.Size() {
		return false, true
	}
	h.Write([]byte(password.Reveal()))
	h.Write(decoded[h.Size():])
	return subtle.ConstantTimeCompare(h.Sum(nil), decoded[:h.Size()]) == 1, true
}
