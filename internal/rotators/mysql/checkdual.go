package mysql

import "context"

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
}
