// Package random renews values that no provider knows: a signing key, a cookie secret.
//
// In a URL or a JSON object that holds a login, only the password is replaced; any other value is
// replaced as a whole.
//
// Tags: PasswordLength, PasswordExclude and PasswordSymbols. Rights: none.
package random

import (
	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// Rotator implements rotation.Rotator in class V.
type Rotator struct{}

var _ rotation.Described = Rotator{}

// Describe implements rotation.Described.
func (Rotator) Describe() rotation.Description {
	return rotation.Description{
		Names:   []string{"random"},
		Classes: []rotation.Class{rotation.ValueOnly},
		Tags:    []string{rotation.TagPasswordLength, rotation.TagPasswordExclude, rotation.TagPasswordSymbols},
	}
}

// Plan implements rotation.Rotator.
func (Rotator) Plan(s rotation.Subject) (rotation.Plan, error) {
	// Nobody logs in with the value, so any user is right for a bare one.
	current, err := login.Parse(s.Current, s.Name, login.UserOptional)
	if err != nil {
		return rotation.Plan{}, err
	}
	next, _, err := current.Renew(current.User, s.Tags)
	return rotation.Plan{Class: rotation.ValueOnly, Identity: "random value of " + s.Name, Next: next}, err
}
