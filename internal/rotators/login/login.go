// Package login is the login that a secret's value holds: it reads one, renders it again with
// another password, and names the two logins that take turns in class A.
package login

import (
	"rotunda/internal/rotation"
	"rotunda/internal/rotators/form"
	"rotunda/internal/secret"
)

// Login is a user name and a password, read from a value in one of the forms of package form.
type Login struct {
	User     string
	Password secret.Value
	Bare     bool // the value names no user, so it can't name another one

	found form.Login
}

// Option changes what Parse accepts.
type Option func(*form.Options)

// UserOptional accepts a URL, or a string of StackExchange.Redis, that has a password and no user
// name; User is then empty.
func UserOptional(o *form.Options) { o.UserOptional = true }

// Field names the field of the value that has the password, or a text that has the login: the tag
// ValueField. "" means that the names in the value say it.
func Field(path string) Option {
	return func(o *form.Options) { o.Field = path }
}

// Parse reads a secret's value. A password without a user name belongs to user.
func Parse(value secret.Value, user string, options ...Option) (Login, error) {
	o := form.Options{User: user}
	for _, set := range options {
		set(&o)
	}
	found, err := form.Parse(value.Reveal(), o)
	if err != nil {
		return Login{}, err
	}
	return Login{User: found.User, Password: secret.NewValue(found.Password), Bare: !found.NamesUser, found: found}, nil
}

// ParseAdmin reads the value of the secret that the tag AdminSecret names; it returns nil if there
// is none. The value must name its own user, as CredentialId is about another login.
func ParseAdmin(value secret.Value, options ...Option) (*Login, error) {
	if !value.IsSet() {
		return nil, nil
	}
	admin, err := Parse(value, "", options...)
	if err != nil {
		return nil, rotation.Permanentf("The value of the secret that the tag AdminSecret names must be a URL or JSON with a user name and a password, or a connection string that has both.")
	}
	return &admin, nil
}

// With returns the value with another user and password, also where it repeats them, and
// everything else unchanged. Its error is a permanent *rotation.Fault.
func (l Login) With(user, password string) (secret.Value, error) {
	text, err := l.found.With(user, password)
	if err != nil {
		return secret.Value{}, err
	}
	return secret.NewValue(text), nil
}
