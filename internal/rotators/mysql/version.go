package mysql

import (
	"context"
	"fmt"
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

// The oldest versions that an administrator's rotation needs. MySQL has second passwords and
// attributes, where marks are, in all releases from there on.
var (
	oldestMariaDB = version{10, 4, 0}
	oldestMySQL   = version{8, 0, 21}
)

// longestUser is how many characters a user name may have on MariaDB (true), and on MySQL
// (USERNAME_CHAR_LENGTH in include/mysql_com.h of both).
var longestUser = map[bool]int{true: 128, false: 32}

type version [3]int

// parseVersion reads the three numbers that VERSION() begins with.
func parseVersion(text string) (v version) {
	for i, part := range strings.SplitN(text, ".", len(v)) {
		end := strings.IndexFunc(part+"-", func(r rune) bool { return r < '0' || r > '9' })
		v[i], _ = strconv.Atoi(part[:end])
	}
	return v
}

func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

func (v version) atLeast(oldest version) bool { return slices.Compare(v[:], oldest[:]) >= 0 }

func (c *checking) checkVersion(ctx context.Context) error {
	text, err := c.own.text(ctx, "SELECT VERSION()")
	if err != nil {
		return err
	}
	c.version = parseVersion(text)
	oldest := oldestMySQL
	if c.own.mariaDB {
		oldest = oldestMariaDB
	}
	if c.admin != nil && !c.version.atLeast(oldest) {
		return rotation.Permanentf("The server %s is %s %s, and the rotation needs %s or later.", c.server, product(c.own), c.version, oldest)
	}
	return nil
}

func (c *checking) checkNames() error {
	longest := longestUser[c.own.mariaDB]
	if c.class == rotation.Alternating && utf8.RuneCountInString(c.account.user+login.SuffixA) > longest {
		return rotation.Permanentf("The role that the tag CredentialId names is too long for class A: with _a and _b, a user name may have %d characters on %s.", longest, product(c.own))
	}
	return nil
}
