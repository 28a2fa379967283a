package login

import "rotunda/internal/rotation"

// Answer returns what a prober reports for an attempt to log in: a rejection is an answer, so its
// error is dropped.
func Answer(verdict rotation.Verdict, err error) (rotation.Verdict, error) {
	if verdict == rotation.Unknown {
		return verdict, err
	}
	return verdict, nil
}
