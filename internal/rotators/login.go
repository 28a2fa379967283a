// Package rotators has the kinds of credential that can be rotated, one file each. A rotator knows its provider and never
// sees the vault.
package rotators

import (
	"encoding/json"
	"net/url"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// login is a user name and password, in one of the three shapes in which secrets keep them:
//
//	a bare password            the user name is the tag CredentialId
//	a URL                      scheme://user:password@host/...
//	a JSON object              {"username": ..., "password": ..., and whatever else}
type login struct {
	user     string
	password secret.Value
	// render gives the value again, with another user and password and all else as it was.
	render func(user, password string) (secret.Value, error)
	bare   bool // the value does not say the user
}

// parseLogin reads a secret's value. user is the one of a bare password.
func parseLogin(value secret.Value, user string) (login, error) {
	text := value.Reveal()
	switch {
	case strings.TrimSpace(text) == "":
		return login{}, rotation.Permanentf("The secret's value is empty. Set a value that logs in; rotation starts from there.")
	case strings.HasPrefix(strings.TrimSpace(text), "{"):
		return parseJSONLogin(text)
	case strings.Contains(text, "://"):
		return parseURLLogin(text)
	case user == "":
		return login{}, rotation.Permanentf("The secret's value is a bare password, so the tag CredentialId must say whose: add it, or store a URL or JSON with username and password.")
	}
	return login{user: user, password: value, bare: true, render: func(_, password string) (secret.Value, error) {
		return secret.NewValue(password), nil
	}}, nil
}

// with is the value with another user and password.
func (l login) with(user, password string) (secret.Value, error) { return l.render(user, password) }

func parseURLLogin(text string) (login, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return login{}, rotation.Permanentf("The secret's value looks like a URL but is none. Percent-encode special characters in its password.")
	}
	password, given := parsed.User.Password()
	if !given || parsed.User.Username() == "" && parsed.Scheme != "redis" && parsed.Scheme != "rediss" {
		return login{}, rotation.Permanentf("The URL in the secret's value has no user:password@ before its host.")
	}
	return login{user: parsed.User.Username(), password: secret.NewValue(password), render: func(user, password string) (secret.Value, error) {
		changed := *parsed
		changed.User = url.UserPassword(user, password)
		return secret.NewValue(changed.String()), nil
	}}, nil
}

func parseJSONLogin(text string) (login, error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &fields) != nil {
		return login{}, rotation.Permanentf("The secret's value begins like JSON but is not a JSON object.")
	}
	var user, password string
	if json.Unmarshal(fields["username"], &user) != nil || json.Unmarshal(fields["password"], &password) != nil || user == "" || password == "" {
		return login{}, rotation.Permanentf(`The JSON in the secret's value must have the texts "username" and "password".`)
	}
	for name, field := range fields {
		// a short password may stand in a host name by chance; a real one in a connection string is no chance
		if name != "password" && len(password) >= 8 && strings.Contains(string(field), password) {
			return login{}, rotation.Permanentf("The JSON in the secret's value has the password in the field %q too, which would keep the old one. Leave that field out.", name)
		}
	}
	return login{user: user, password: secret.NewValue(password), render: func(user, password string) (secret.Value, error) {
		return renderJSONLogin(fields, user, password)
	}}, nil
}

func renderJSONLogin(fields map[string]json.RawMessage, user, password string) (secret.Value, error) {
	changed := make(map[string]any, len(fields))
	for name, field := range fields {
		changed[name] = field
	}
	changed["username"], changed["password"] = user, password
	text, err := json.Marshal(changed)
	return secret.NewValue(string(text)), err
}
