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
	for range tries {
		var password string
		if password, err = NewPassword(user, tags); err != nil {
			return value, err
		}
		if value, err = l.With(user, password); err == nil {
			return value, nil
		}
	}
	return value, err
}

const tries = 100

// NewPassword returns a random password. Unless the tags leave too few characters for that, it has
// no part of the user's name in it.
func NewPassword(user string, tags map[string]string) (password string, err error) {
	for range tries {
		if password, err = rotation.NewPassword(tags, rotation.Alphanumeric); err != nil || !hasPartOfName(password, user) {
			return password, err
		}
	}
	return password, nil
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

// namePart is how many characters of a user's name a password may not have. Windows, and so SQL
// Server, refuse passwords with the name in them, and Azure SQL those with three letters or digits
// of it (learn.microsoft.com, "Password policy" of SQL Server, and "Identify the right Azure SQL
// Database SKU for your on-premises database"). One password of 1,000 has three given letters.
const namePart = 3

func hasPartOfName(password, user string) bool {
	password, user = strings.ToLower(password), strings.ToLower(user)
	for i := range len(user) - namePart + 1 {
		if strings.Contains(password, user[i:i+namePart]) {
			return true
		}
	}
	return false
}
