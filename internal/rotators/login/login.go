// Package login is the login that a secret's value holds: it reads one, renders it again with
// another password, and names the two logins that take turns in class A.
package login

import (
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
//
// A byte order mark at the beginning and line ends at the end are kept, and belong to none of
// them.
type Login struct {
	User     string
	Password secret.Value
	Bare     bool // the value is the password alone, so it can't name another user

	render func(next credential) (string, error)
	reread func(text string) (Login, error)
}

// credential is a login as it is written into a value.
type credential struct{ user, password string }

// Option changes what Parse accepts.
type Option int

// UserOptional accepts a URL that has a password and no user name; User is then empty.
const UserOptional Option = 1

// Parse reads a secret's value. A bare password belongs to user.
func Parse(value secret.Value, user string, options ...Option) (Login, error) {
	return parse(value.Reveal(), user, slices.Contains(options, UserOptional))
}

const byteOrderMark = "\ufeff"

func parse(text, user string, userOptional bool) (l Login, err error) {
	before, body, after := frame(text)
	switch begin := strings.TrimSpace(body); {
	case begin == "":
		return l, rotation.Permanentf("The secret's value is empty. Set it to the credential that is valid now; rotation starts from there.")
	case begin[0] == '{':
		l, err = parseJSON(body)
	case isOther(body) != "":
		return l, rotation.Permanentf("The secret's value looks like %s, which Rotunda does not rotate. %s", isOther(body), forms)
	case strings.Contains(body, "://"):
		l, err = parseURL(body, userOptional)
	default:
		l, err = parseBare(body, user)
	}
	render := l.render
	l.render = func(next credential) (string, error) {
		text, err := render(next)
		return before + text + after, err
	}
	l.reread = func(text string) (Login, error) { return parse(text, user, userOptional) }
	return l, err
}

// frame splits a value into what editors and shells put around it, and the rest.
func frame(text string) (before, body, after string) {
	if rest, marked := strings.CutPrefix(text, byteOrderMark); marked {
		before, text = byteOrderMark, rest
	}
	body = strings.TrimRight(text, "\r\n")
	return before, body, text[len(body):]
}

func parseBare(body, user string) (Login, error) {
	if user == "" {
		return Login{}, rotation.Permanentf("The secret's value is a bare password. Add the tag CredentialId with its user name, or store a URL or JSON that has both.")
	}
	return Login{User: user, Password: secret.NewValue(body), Bare: true, render: func(next credential) (string, error) {
		return next.password, nil
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

// With returns the value with another user and password, also where it repeats them, and
// everything else unchanged. Its error is a permanent *rotation.Fault.
func (l Login) With(user, password string) (secret.Value, error) {
	text, err := l.render(credential{user, password})
	if err != nil {
		return secret.Value{}, err
	}
	again, err := l.reread(text)
	if err != nil || !again.Password.Equal(secret.NewValue(password)) || !l.Bare && again.User != user {
		return secret.Value{}, rotation.Permanentf("The new password can't be written in the form that the secret's value has. Exclude its special characters by the tag %s, or store JSON.", rotation.TagPasswordExclude)
	}
	return secret.NewValue(text), nil
}
