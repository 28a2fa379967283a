package login

import (
	"maps"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Renew returns the two values that a plan needs: next, for user and with a new password in the
// form that tags ask for, and decoy, the same login with a wrong password.
func (l Login) Renew(user string, tags map[string]string) (next, decoy secret.Value, err error) {
	if next, err = l.withNew(user, tags); err != nil {
		return next, decoy, err
	}
	decoy, err = l.withNew(l.User, nil)
	return next, decoy, err
}

// withNew tries again if the password looks like another form by chance, as one with :// in it, or
// has symbols that the value can hold each by itself and not together, as braces may be.
func (l Login) withNew(user string, tags map[string]string) (value secret.Value, err error) {
	if tags, err = l.withSymbols(user, tags); err != nil {
		return value, err
	}
	const tries = 100
	for range tries {
		var password string
		if password, err = rotation.NewPassword(tags, rotation.Alphanumeric); err != nil {
			return value, err
		}
		if value, err = l.With(user, password); err == nil {
			return value, nil
		}
	}
	return value, err
}

// plain is a password that a value can hold if it can hold any.
const plain = "Aa0Aa0Aa"

// withSymbols returns tags without those of the symbols in PasswordSymbols that the value can't
// hold. With these, only some random passwords could be written, and a rotation would fail now and
// then. Its error is the value's: it can hold no password, or none of the symbols.
func (l Login) withSymbols(user string, tags map[string]string) (map[string]string, error) {
	_, refused := l.With(user, plain)
	wanted, given := tags[rotation.TagPasswordSymbols]
	if refused != nil || !given {
		return tags, refused
	}
	if _, err := rotation.NewPassword(tags, rotation.Alphanumeric); err != nil { // the tags are wrong by themselves
		return tags, err
	}
	held := ""
	for _, symbol := range wanted {
		switch _, err := l.With(user, plain+string(symbol)+plain); {
		case strings.ContainsRune(tags[rotation.TagPasswordExclude], symbol):
		case err == nil:
			held += string(symbol)
		default:
			refused = err
		}
	}
	if held == "" {
		return tags, refused
	}
	tags = maps.Clone(tags)
	tags[rotation.TagPasswordSymbols] = held
	return tags, nil
}
