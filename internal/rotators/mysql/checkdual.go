package mysql

import (
	"context"
	"strconv"
	"strings"

	"rotunda/internal/rotation"
)

// checkRetaining is about the account of class O.
func (c *checking) checkRetaining(ctx context.Context, admin *session) {
	found, err := c.readDual(ctx, admin)
	if !c.note(err) {
		return
	}
	if c.self != found.account && c.checkAccount() == nil {
		_, err := c.holds(ctx, found.account, c.current)
		c.note(err)
	}
	if found.hasSecond {
		c.note(c.secondInUse(found.account))
	}
	if found.reuse {
		c.note(c.reuseForbidden(found.account))
	}
	c.note(c.checkRetainingVersion(ctx))
}

// oldestRetaining is the first release of 8.0 with second passwords and USER_ATTRIBUTES, where
// marks are.
const oldestRetaining = 21

func (c *checking) checkRetainingVersion(ctx context.Context) error {
	text, err := c.own.text(ctx, "SELECT VERSION()")
	if err != nil {
		return err
	}
	if found := parseVersion(text); found == (version{8, 0}) && patchOf(text) < oldestRetaining {
		return rotation.Permanentf("The server %s is MySQL 8.0.%d, and class O needs 8.0.21 or later. Update the server.", c.server, patchOf(text))
	}
	return nil
}

// patchOf returns the third number that a version begins with, or 0.
func patchOf(text string) int {
	numbers := strings.SplitN(text, ".", 3)
	if len(numbers) < 3 {
		return 0
	}
	end := strings.IndexFunc(numbers[2]+"-", func(r rune) bool { return r < '0' || r > '9' })
	n, _ := strconv.Atoi(numbers[2][:end])
	return n
}
