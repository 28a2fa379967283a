package mysqld

import (
	"slices"
	"strconv"
	"strings"
)

// refuses returns the number of the error for a new password that a policy forbids, or 0.
func (s *Server) refuses(a *Account, password string) uint16 {
	switch {
	case s.policy.Length > 0 && (len(password) < s.policy.Length || s.policy.Medium && !mixed(password)):
		return weakPassword
	case a.History > 0 && (password == a.First || slices.Contains(a.earlier, password)):
		return usedBefore
	}
	return 0
}

// mixed reports whether a password meets the policy MEDIUM with its default counts.
func mixed(password string) bool {
	const digits, lower, upper = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return strings.ContainsAny(password, digits) && strings.ContainsAny(password, lower) && strings.ContainsAny(password, upper) &&
		strings.Trim(password, digits+lower+upper) != ""
}

func (a *Account) set(password string) {
	a.earlier = append(a.earlier, a.First)
	a.First = password
}

// setOwn sets the password of the session's account. REPLACE compares with the first password.
func setOwn(s *Server, c *session, m []string) ([][]string, uint16) {
	password, replaces := text(m[1]), m[2] != ""
	switch {
	case replaces && text(m[3]) != c.as.First:
		return nil, wrongCurrent
	case !replaces && c.as.RequireCurrent && !c.as.CreateUser:
		return nil, missingCurrent
	}
	number := s.refuses(c.as, password)
	if number == 0 {
		c.as.set(password)
	}
	return nil, number
}

// policyVariables are the variables of the component validate_password that a policy sets.
func policyVariables(s *Server, _ *session, _ []string) ([][]string, uint16) {
	rows := [][]string{{"Variable_name", "Value"}}
	if s.policy.Length == 0 {
		return rows, 0
	}
	level := "LOW"
	if s.policy.Medium {
		level = "MEDIUM"
	}
	return append(rows, []string{"validate_password.length", strconv.Itoa(s.policy.Length)}, []string{"validate_password.mixed_case_count", "1"},
		[]string{"validate_password.number_count", "1"}, []string{"validate_password.policy", level}, []string{"validate_password.special_char_count", "1"}), 0
}
