package login

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
)

// forms says what a value may be.
const forms = `A value may be a URL with user:password@ before its host, a JSON object with "username" and "password", or a bare password with its user name in the tag CredentialId.`

// hasPassword matches a name and a value as connection strings have them. The value keeps the end
// of a text in base64 from matching.
var hasPassword = regexp.MustCompile(`(?i)\b(password|pwd)\s*=\s*[^=\s]`)

// isOther returns what a text is, if it is neither JSON, a URL nor a bare password.
func isOther(text string) string {
	switch {
	case strings.Contains(text, "-----BEGIN "):
		return "a PEM file"
	case strings.HasPrefix(strings.ToLower(text), "jdbc:"):
		return "a JDBC URL"
	case strings.Contains(text, "@tcp(") || strings.Contains(text, "@unix("):
		return "a data source name of go-sql-driver"
	case hasPassword.MatchString(text) && !strings.Contains(text, "://"):
		return "a connection string with password=, as ADO.NET, libpq and StackExchange.Redis have"
	case strings.ContainsFunc(text, unicode.IsControl):
		return "a file of several lines"
	case strings.ContainsAny(text[:1], `["`) && json.Valid([]byte(text)):
		return "JSON that is not an object"
	}
	return ""
}
