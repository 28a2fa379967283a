// Package random renews values that no provider knows: a signing key, a cookie secret.
//
// In a value that holds a login, such as a URL, a JSON object or a connection string, only the
// password is replaced, or what the tag ValueField names; any other value is replaced as a whole.
//
// Tags: ValueField, PasswordLength, PasswordExclude and PasswordSymbols. Rights: none.
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
		Tags:    []string{rotation.TagValueField, rotation.TagPasswordLength, rotation.TagPasswordExclude, rotation.TagPasswordSymbols},
	}
}

// Plan implements rotation.Rotator.
func (Rotator) Plan(s rotation.Subject) (rotation.Plan, error) {
	// Nobody logs in with the value, so any user is right for a bare one.
	current, err := login.Parse(s.Current, s.Name, login.UserOptional, login.Field(s.Tags[rotation.TagValueField]))
	if err != nil {
		return rotation.Plan{}, err
	}
	next, _, err := current.Renew(current.User, s.Tags)
	return rotation.Plan{Class: rotation.ValueOnly, Identity: "random value of " + s.Name, Next: next}, err
}
