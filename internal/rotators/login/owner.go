package login

import "rotunda/internal/lazyregexp"

// secretName is the form of a secret's name beside its vault's, as marks at providers have it:
// text in any other form may be anything. The length is checked apart, because a counted
// repetition of 200 costs half a millisecond of each start.
var secretName = lazyregexp.New(`^[0-9A-Za-z.:-]+/[0-9A-Za-z-]+$`)

const maxOwner = 328

// OwnerIn returns the owner that a mark names, for a fault, or "" if the mark has another form or
// repeats part of one of the passwords. Whoever may write at the provider may write a mark.
func OwnerIn(mark string, passwords []string) string {
	if len(mark) > maxOwner || !secretName().MatchString(mark) || Repeats(mark, passwords...) {
		return ""
	}
	return mark
}

// Passwords returns those of some logins, each of which may be nil.
func Passwords(logins ...*Login) (passwords []string) {
	for _, l := range logins {
		if l != nil {
			passwords = append(passwords, l.Password.Reveal())
		}
	}
	return passwords
}
