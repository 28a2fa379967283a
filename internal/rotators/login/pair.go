package login

import "rotunda/internal/rotation"

// The names of a pair's logins end in these.
const (
	SuffixA = "_a"
	SuffixB = "_b"
)

// Pair is the two logins that take turns in class A: <role>_a and <role>_b.
type Pair struct{ Role string }

// String names the two.
func (p Pair) String() string { return p.Role + SuffixA + " and " + p.Role + SuffixB }

// Next returns the login that comes after current. Its first is <role>_a.
func (p Pair) Next(current string) string {
	if current == p.Role+SuffixA {
		return p.Role + SuffixB
	}
	return p.Role + SuffixA
}

// Includes reports whether user is one of the two, and not a login that a first rotation replaces.
func (p Pair) Includes(user string) bool { return user == p.Role+SuffixA || user == p.Role+SuffixB }

// CheckNext returns a fault if a rotation in class A must not set the password of next: it is not
// one of the pair, or it is the login that readers use now.
func (p Pair) CheckNext(current, next Login) error {
	switch {
	case !p.Includes(next.User):
		return errNotRotated()
	case next.User == current.User && !next.Password.Equal(current.Password):
		return rotation.Permanentf("The new value is for the login that readers use now, whose password must not change. Check the user name in the secret's value.")
	}
	return nil
}

// CheckSameUser returns a fault if a rotation in class S must not set the password of next, as
// that is another login.
func CheckSameUser(current, next Login) error {
	if next.User != current.User {
		return errNotRotated()
	}
	return nil
}

func errNotRotated() error {
	return rotation.Permanentf("The new value is for a login that this rotation does not change. Check the tag CredentialId and the user name in the secret's value.")
}
