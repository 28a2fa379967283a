package form

import (
	"encoding/json"
	"strings"
	"unicode"

	"rotunda/internal/lazyregexp"
	"rotunda/internal/rotation"
)

// forms says what a value may be.
const forms = `A value may be a URL with user:password@ before its host, a JSON object with "username" and "password", a connection string, or a bare password with its user name in the tag CredentialId.`

// hasPassword matches a name that ends in password and a value, as connection strings have them.
// The value keeps the end of a text in base64 from matching.
var hasPassword = lazyregexp.New(`(?i)(password|pwd)\s*=\s*[^=\s]`)

// rejectBare returns a fault if a text that no syntax reads is no bare password either.
func (o Options) rejectBare(text string) error {
	if strings.TrimSpace(text)[0] == '{' {
		return rotation.Permanentf("The secret's value begins like JSON but is not a JSON object. %s", forms)
	}
	if other := isOther(text); other != "" {
		return rotation.Permanentf("The secret's value looks like %s, which Rotunda does not rotate. %s", other, forms)
	}
	if o.Field != "" {
		return o.noField()
	}
	if strings.Contains(text, "://") {
		return rotation.Permanentf("The secret's value looks like a URL but can't be parsed. Percent-encode the special characters in its password. %s", forms)
	}
	return nil
}

// isOther returns what a text is, if it is neither of a known form nor a bare password.
func isOther(text string) string {
	switch {
	case strings.Contains(text, "-----BEGIN "):
		return "a PEM file"
	case isJDBC(text):
		return "a JDBC URL of another kind than postgresql, mysql, mariadb and sqlserver"
	case hasPassword().MatchString(text) && !strings.Contains(text, "://"):
		return "a connection string with password= that can't be parsed"
	case hasPairs(text):
		return "a connection string without a user and a password by their names"
	case strings.ContainsFunc(text, unicode.IsControl):
		return "a file of several lines without a password by its name"
	case strings.ContainsAny(text[:1], `["`) && json.Valid([]byte(text)):
		return "JSON that is not an object"
	}
	return ""
}

// hasPairs reports whether a text is several name=value pairs, of which none is a password.
func hasPairs(text string) bool {
	for _, split := range []func(string) ([]place, bool){splitADO, splitODBC, splitAzure} {
		if places, ok := split(text); ok && len(places) > 1 {
			return true
		}
	}
	return false
}

func (o Options) noField() error {
	return rotation.Permanentf("The tag %s names a field that the secret's value does not have. Correct the tag or remove it.", rotation.TagValueField)
}

// noPassword is for a text that has no other form than s.
func (o Options) noPassword(s syntax) error {
	switch {
	case o.Field != "":
		return o.noField()
	case o.keys != nil:
		return rotation.Permanentf("The secret's value is %s without a key by its name. Name the key's field in the tag %s.", s.name, rotation.TagValueField)
	case s.name == "JSON":
		return rotation.Permanentf(`The JSON in the secret's value must have "username" and "password" in one object, both non-empty strings. %s`, forms)
	case s.name == "a URL":
		return noUserInURL()
	}
	return rotation.Permanentf("The secret's value is %s without a user and a password. %s", s.name, forms)
}
