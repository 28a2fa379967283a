package login

import "rotunda/internal/rotation"

// CheckUser returns a fault if the user in a value is not the one that the tag CredentialId names.
// Without the tag any user is right.
func CheckUser(user, credentialID string) error {
	if credentialID == "" || user == credentialID {
		return nil
	}
	return rotation.Permanentf("The user name in the secret's value is not the one in the tag CredentialId. Correct the tag or remove it.")
}

// CheckNamesUser returns a fault if the value can't say which of a pair's logins it holds.
func (l Login) CheckNamesUser() error {
	if !l.Bare {
		return nil
	}
	what := "has no user name"
	if l.found.IsBare() {
		what = "is a bare password"
	}
	return rotation.Permanentf("The secret's value %s, but in class A the user name changes too. Store a URL or JSON that has both, or set the tag RotationClass to another class.", what)
}
