// Package login is the login that a secret's value holds: it reads one, renders it again with
// another password, and names the two logins that take turns in class A.
package login

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Login is a user name and a password, read from one of the three forms that a value may have:
//
//	a bare password    the tag CredentialId names the user
//	a URL              scheme://user:password@host/...
//	a JSON object      {"username": ..., "password": ..., and any other fields}
type Login struct {
	User     string
	Password secret.Value
	Bare     bool // the value is the password alone, so it can't name another user

	render func(user, password string) (secret.Value, error)
}

// Option changes what Parse accepts.
type Option int

// UserOptional accepts a URL that has a password and no user name; User is then empty.
const UserOptional Option = 1

// Parse reads a secret's value. A bare password belongs to user.
func Parse(value secret.Value, user string, options ...Option) (Login, error) {
	text := value.Reveal()
	switch {
	case strings.TrimSpace(text) == "":
		return Login{}, rotation.Permanentf("The secret's value is empty. Set it to the credential that is valid now; rotation starts from there.")
	case strings.HasPrefix(strings.TrimSpace(text), "{"):
		return parseJSON(text)
	case strings.Contains(text, "://"):
		return parseURL(text, slices.Contains(options, UserOptional))
	case user == "":
		return Login{}, rotation.Permanentf("The secret's value is a bare password. Add the tag CredentialId with its user name, or store a URL or JSON that has both.")
	}
	return Login{User: user, Password: value, Bare: true, render: func(_, password string) (secret.Value, error) {
		return secret.NewValue(password), nil
	}}, nil
}

// ParseAdmin reads the value of the secret that the tag AdminSecret names; it returns nil if there
// is none. The value must name its own user, as CredentialId is about another login.
func ParseAdmin(value secret.Value, options ...Option) (*Login, error) {
	if !value.IsSet() {
		return nil, nil
	}
	admin, err := Parse(value, "", options...)
	if err != nil {
		return nil, rotation.Permanentf("The value of the secret that the tag AdminSecret names must be a URL or JSON with a user name and a password.")
	}
	return &admin, nil
}

// With returns the value with another user and password and everything else unchanged.
func (l Login) With(user, password string) (secret.Value, error) { return l.render(user, password) }

func parseURL(text string, userOptional bool) (Login, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return Login{}, rotation.Permanentf("The secret's value looks like a URL but can't be parsed. Percent-encode the special characters in its password.")
	}
	password, given := parsed.User.Password()
	if !given || parsed.User.Username() == "" && !userOptional {
		return Login{}, rotation.Permanentf("The URL in the secret's value must have user:password@ before its host.")
	}
	return Login{User: parsed.User.Username(), Password: secret.NewValue(password), render: func(user, password string) (secret.Value, error) {
		changed := *parsed
		changed.User = url.UserPassword(user, password)
		return secret.NewValue(changed.String()), nil
	}}, nil
}

func parseJSON(text string) (Login, error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &fields) != nil {
		return Login{}, rotation.Permanentf("The secret's value begins like JSON but is not a JSON object.")
	}
	var user, password string
	if json.Unmarshal(fields["username"], &user) != nil || json.Unmarshal(fields["password"], &password) != nil || user == "" || password == "" {
		return Login{}, rotation.Permanentf(`The JSON in the secret's value must have "username" and "password", both non-empty strings.`)
	}
	for name, field := range fields {
		// A short password may occur in a host name by chance; a long one is a copy.
		if name != "password" && len(password) >= 8 && strings.Contains(string(field), password) {
			return Login{}, rotation.Permanentf("The JSON in the secret's value repeats the password in the field %q, where a rotation would leave the old one. Remove that field.", name)
		}
	}
	return Login{User: user, Password: secret.NewValue(password), render: func(user, password string) (secret.Value, error) {
		return renderJSON(fields, user, password)
	}}, nil
}

func renderJSON(fields map[string]json.RawMessage, user, password string) (secret.Value, error) {
	changed := make(map[string]any, len(fields))
	for name, field := range fields {
		changed[name] = field
	}
	changed["username"], changed["password"] = user, password
	text, err := json.Marshal(changed)
	return secret.NewValue(string(text)), err
}
