package rotators

import (
	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// renewed gives what a plan needs of a login: next, of the given user and with a password as the tags want it, and a decoy.
func renewed(current login, user string, tags map[string]string) (next, decoy secret.Value, err error) {
	password, err := rotation.NewPassword(tags, rotation.Alphanumeric)
	if err != nil {
		return next, decoy, err
	}
	if next, err = current.with(user, password); err != nil {
		return next, decoy, err
	}
	wrong, err := rotation.NewPassword(nil, rotation.Alphanumeric)
	if err != nil {
		return next, decoy, err
	}
	decoy, err = current.with(current.user, wrong)
	return next, decoy, err
}

// parseAdmin reads the value of the secret that the tag AdminSecret names. It must say its own user: CredentialId is not about it.
func parseAdmin(value secret.Value) (login, error) {
	admin, err := parseLogin(value, "")
	if err != nil {
		return login{}, rotation.Permanentf("The secret that the tag AdminSecret names must have a URL or JSON with username and password as its value.")
	}
	return admin, nil
}

// answered is what a login came to, as a prober tells it: a refusal is an answer, not an error.
func answered(verdict rotation.Verdict, err error) (rotation.Verdict, error) {
	if verdict == rotation.Unknown {
		return verdict, err
	}
	return verdict, nil
}
