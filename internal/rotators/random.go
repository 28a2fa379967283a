package rotators

import (
	"rotunda/internal/rotation"
)

// Random renews a value that no provider knows: a signing key, a cookie secret. In a URL or a JSON object with a login the
// password is replaced, anything else as a whole.
//
// Tags: PasswordLength and PasswordExclude. Rights: none.
type Random struct{}

var _ rotation.Rotator = Random{}

// Plan implements rotation.Rotator.
func (Random) Plan(s rotation.Subject) (rotation.Plan, error) {
	current, err := parseLogin(s.Current, s.Name) // nobody asks whose it is, so any user will do
	if err != nil {
		return rotation.Plan{}, err
	}
	password, err := rotation.NewPassword(s.Tags, rotation.Alphanumeric)
	if err != nil {
		return rotation.Plan{}, err
	}
	next, err := current.with(current.user, password)
	return rotation.Plan{Class: rotation.ValueOnly, Identity: "random value of " + s.Name, Next: next}, err
}
