package form

import (
	"errors"
	"strings"
	"unicode/utf8"

	"rotunda/internal/rotation"
)

// Options say what a value may be.
type Options struct {
	// User is who a password belongs to if the value does not say it. "" means that the value must.
	User string
	// UserOptional accepts the forms whose clients log in as a default user, without a user name.
	UserOptional bool
	// Field is the tag ValueField: the field that has the password, or a text that has the login,
	// such as database.password. "" means that the names in the value say it.
	Field string

	keys  []string // the names of a key without a user; nil for a login
	depth int
}

func (o Options) names() names { return names{o.keys} }

// Login is a user name and a password, found in a secret's value.
type Login struct {
	User, Password string
	// NamesUser means that the value has a place for the user, so With can change it.
	NamesUser bool

	options             Options
	before, body, after string
	readings            []reading // none if the value is the password alone
}

// Parse finds the login in a value. Its error is a permanent *rotation.Fault.
func Parse(value string, o Options) (Login, error) {
	l := Login{options: o}
	l.before, l.body, l.after = frame(value)
	if strings.TrimSpace(l.body) == "" {
		return l, rotation.Permanentf("The secret's value is empty. Set it to the credential that is valid now; rotation starts from there.")
	}
	var err error
	if l.readings, err = o.readings(l.body); err != nil {
		return l, err
	}
	if len(l.readings) == 0 {
		return l.parseBare()
	}
	first := l.readings[0]
	l.User, l.Password, l.NamesUser = first.now.user, first.now.password, first.namesUser
	return l, l.checkText()
}

// checkText returns a fault if the login is not text, as %ff in a URL is none.
func (l Login) checkText() error {
	if utf8.ValidString(l.User) && utf8.ValidString(l.Password) {
		return nil
	}
	return rotation.Permanentf("The user or password in the secret's value is not UTF-8. Set another one at the provider first.")
}

// IsBare reports whether the value is the password alone.
func (l Login) IsBare() bool { return len(l.readings) == 0 }

const byteOrderMark = "\ufeff"

// frame splits a value into what editors and shells put around it, and the rest.
func frame(text string) (before, body, after string) {
	if rest, marked := strings.CutPrefix(text, byteOrderMark); marked {
		before, text = byteOrderMark, rest
	}
	body = strings.TrimRight(text, "\r\n")
	return before, body, text[len(body):]
}

func (l Login) parseBare() (Login, error) {
	if err := l.options.rejectBare(l.body); err != nil {
		return l, err
	}
	if l.options.User == "" && l.options.keys == nil {
		return l, rotation.Permanentf("The secret's value is a bare password. Add the tag CredentialId with its user name, or store a URL or JSON that has both.")
	}
	l.User, l.Password = l.options.User, l.body
	return l, l.checkText()
}

// readings returns how each syntax that can claim a text reads it. They all read the same login.
// There are none if the text may be a bare password.
func (o Options) readings(text string) (all []reading, err error) {
	if o.depth >= maxDepth {
		return nil, nil
	}
	for _, s := range syntaxes() {
		places, ok := s.splitWhole(text)
		if !ok {
			continue
		}
		r, err := o.choose(s, places)
		switch {
		case errors.Is(err, errNoPassword) && !s.obvious:
			continue
		case errors.Is(err, errNoPassword):
			return nil, o.noPassword(s)
		case err != nil:
			return nil, err
		}
		all = append(all, r)
		if s.exclusive {
			break
		}
	}
	return all, agree(all)
}

func agree(all []reading) error {
	for _, r := range all[min(1, len(all)):] {
		if r.now != all[0].now || r.namesUser != all[0].namesUser {
			return rotation.Permanentf("The secret's value may be %s or %s, which read its user and password differently. Store JSON with both.", all[0].syntax.name, r.syntax.name)
		}
	}
	return nil
}
