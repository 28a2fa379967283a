package login

import (
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
// be a value of its own. Where a form can't have one of the symbols, most passwords can't.
func (l Login) withNew(user string, tags map[string]string) (value secret.Value, err error) {
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
