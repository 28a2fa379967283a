package mysql

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

func product(s *session) string {
	if s.mariaDB {
		return "MariaDB"
	}
	return "MySQL"
}

// The oldest versions with what a class needs.
var (
	oldestMariaDB = version{10, 4}
	oldestMySQL   = version{8, 0} // with 8.0.21 for class A, whose mark is an attribute
)

// longestUser is how many characters a user name may have on MariaDB (true), and on MySQL
// (USERNAME_CHAR_LENGTH in include/mysql_com.h of both).
var longestUser = map[bool]int{true: 128, false: 32}

type version [2]int

// parseVersion reads the two numbers that VERSION() begins with.
func parseVersion(text string) (v version) {
	for i, part := range strings.SplitN(text, ".", 3) {
		if i < len(v) {
			v[i], _ = strconv.Atoi(part)
		}
	}
	return v
}

func (c *checking) checkVersion(ctx context.Context) error {
	text, err := c.own.text(ctx, "SELECT VERSION()")
	if err != nil {
		return err
	}
	oldest := oldestMySQL
	if c.own.mariaDB {
		oldest = oldestMariaDB
	}
	found := parseVersion(text)
	switch {
	case c.class == rotation.Alternating && utf8.RuneCountInString(c.account.user+login.SuffixA) > longestUser[c.own.mariaDB]:
		return rotation.Permanentf("The role that the tag CredentialId names is too long for class A: with _a and _b, a user name may have %d characters on %s.", longestUser[c.own.mariaDB], product(c.own))
	case c.admin != nil && slices.Compare(found[:], oldest[:]) < 0:
		return rotation.Permanentf("The server %s is %s %d.%d, and the rotation needs %d.%d or later.", c.server, product(c.own), found[0], found[1], oldest[0], oldest[1])
	}
	return nil
}
