package mysql

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"rotunda/internal/rotation"
)

// policy is what a server's check of new passwords asks for. The zero policy asks for nothing.
type policy struct {
	checker                            string // the plugin or component
	length, digits, eachCase, specials int    // at least so many
}

// policyQuery finds the variables of MySQL's component and plugin (MySQL's manual, "The Password
// Validation Component") and of MariaDB's plugin (its documentation, "Simple Password Check
// Plugin").
const policyQuery = "SHOW GLOBAL VARIABLES WHERE Variable_name LIKE 'validate_password%' OR Variable_name LIKE 'simple_password_check%'"

func (s *session) policy(ctx context.Context) (policy, error) {
	rows, err := s.pairs(ctx, "reading the password policy", policyQuery)
	return parsePolicy(rows), err
}

func parsePolicy(variables [][2]string) (p policy) {
	low := false
	for _, v := range variables {
		n, _ := strconv.Atoi(v[1])
		n = min(max(n, 0), 999)
		switch strings.Replace(v[0], ".", "_", 1) { // MySQL's component has a point, its plugin has none
		case "validate_password_policy":
			p.checker, low = "validate_password", v[1] == "LOW" || v[1] == "0"
		case "simple_password_check_minimal_length":
			p.checker, p.length = "simple_password_check", n
		case "validate_password_length":
			p.length = n
		case "validate_password_number_count", "simple_password_check_digits":
			p.digits = n
		case "validate_password_mixed_case_count", "simple_password_check_letters_same_case":
			p.eachCase = n
		case "validate_password_special_char_count", "simple_password_check_other_characters":
			p.specials = n
		}
	}
	if low { // the length alone
		p.digits, p.eachCase, p.specials = 0, 0, 0
	}
	return p
}

// String says what the policy asks for.
func (p policy) String() string {
	return fmt.Sprintf("%s there asks for at least %d characters, with %d digits, %d capitals, %d small letters and %d symbols.", p.checker, p.length, p.digits, p.eachCase, p.eachCase, p.specials)
}

// fits reports whether passwords of the form of one meet the policy. How many characters of a kind
// a password has is a matter of chance; that it has one is not.
func (p policy) fits(password string) bool {
	has := func(needed int, from, to byte) bool {
		return needed == 0 || strings.ContainsFunc(password, func(r rune) bool { return r >= rune(from) && r <= rune(to) })
	}
	isSpecial := func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", r)
	}
	return len(password) >= p.length && has(p.digits, '0', '9') && has(p.eachCase, 'a', 'z') && has(p.eachCase, 'A', 'Z') &&
		(p.specials == 0 || strings.ContainsFunc(password, isSpecial))
}

// checkPolicy returns a fault if the passwords that the tags ask for can't meet the policy of a
// server that is sent passwords as they are.
func (c *checking) checkPolicy(ctx context.Context, session *session) error {
	found, err := session.policy(ctx)
	if err != nil || found.checker == "" {
		return err
	}
	password, err := rotation.NewPassword(c.tags, rotation.Alphanumeric)
	if err == nil && !found.fits(password) {
		err = rotation.Permanentf("The server %s would refuse the passwords that Rotunda makes: %s Set the tags %s and %s, or correct %s.",
			c.server, found, rotation.TagPasswordLength, rotation.TagPasswordSymbols, rotation.TagPasswordExclude)
	}
	return err
}

// explainPolicy adds to a refusal of the new password's form what the server asks for.
func (s *session) explainPolicy(ctx context.Context) error {
	if found, err := s.policy(ctx); err == nil && found.checker != "" {
		return rotation.RefusedByPolicy(found.String())
	}
	return rotation.ErrRefusedByPolicy
}
