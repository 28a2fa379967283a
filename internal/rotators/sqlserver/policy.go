package sqlserver

import (
	"strings"
	"unicode"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// policy is what Windows, and so SQL Server with CHECK_POLICY, and Azure SQL ask of a password
// (learn.microsoft.com/sql/relational-databases/security/password-policy).
const policy = "The password policy asks for at least 8 characters of three of these kinds: capitals, small letters, digits and symbols; and for none that has the login's name in it."

// checkPolicy makes sure that passwords in the form that the tags ask for can meet the policy.
func (t target) checkPolicy(next secret.Value) error {
	l, err := t.loginOf(next)
	if err != nil {
		return err
	}
	if kindsIn(l.Password.Reveal()) < 3 {
		return rotation.Permanentf("The tags %s and %s leave fewer than three kinds of characters. %s", rotation.TagPasswordExclude, rotation.TagPasswordSymbols, policy)
	}
	return nil
}

func kindsIn(password string) int {
	kinds := 0
	for _, is := range []func(rune) bool{unicode.IsUpper, unicode.IsLower, unicode.IsDigit, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }} {
		if strings.ContainsFunc(password, is) {
			kinds++
		}
	}
	return kinds
}
