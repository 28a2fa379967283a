package login

import (
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

// withNew tries again if the password can't be written by chance, as one with :// in it that is to
// be a value of its own, or has part of the user's name in it. Where a form can't have one of the
// symbols, most passwords can't be written.
func (l Login) withNew(user string, tags map[string]string) (value secret.Value, err error) {
	const tries = 100
	for range tries {
		var password string
		if password, err = rotation.NewPassword(tags, rotation.Alphanumeric); err != nil {
			return value, err
		}
		if value, err = l.With(user, password); err == nil && !hasPartOfName(password, user) {
			return value, nil
		}
	}
	return value, err
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
