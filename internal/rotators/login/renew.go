package login

import (
	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Renew returns the two values that a plan needs: next, for user and with a new password in the
// form that tags ask for, and decoy, the same login with a wrong password.
func (l Login) Renew(user string, tags map[string]string) (next, decoy secret.Value, err error) {
	password, err := rotation.NewPassword(tags, rotation.Alphanumeric)
	if err != nil {
		return next, decoy, err
	}
	if next, err = l.With(user, password); err != nil {
		return next, decoy, err
	}
	wrong, err := rotation.NewPassword(nil, rotation.Alphanumeric)
	if err != nil {
		return next, decoy, err
	}
	decoy, err = l.With(l.User, wrong)
	return next, decoy, err
}
