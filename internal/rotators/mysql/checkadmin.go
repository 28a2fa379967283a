package mysql

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// checkAdmin is about the administrator's rights, and the accounts that it will change.
func (c *checking) checkAdmin(ctx context.Context, admin *session) {
	c.checkOptions(ctx, admin)
	// This changes nothing: there is no such account. The server checks the right, and whether it
	// is read-only, first.
	nobody := account{"rotunda " + rand.Text()[:12], "localhost"}
	c.note(admin.run(ctx, "ALTER USER", "ALTER USER IF EXISTS "+nobody.sql()+" ACCOUNT LOCK"))
	switch {
	case c.class == rotation.Alternating:
		c.checkPair(ctx, admin)
	case admin.mariaDB:
		c.checkChanged(ctx, admin)
	case c.class == rotation.Overlap:
		c.checkRetaining(ctx, admin)
	case c.class == rotation.Single:
		_, err := c.onlyMySQLAccount(ctx, admin)
		c.note(err)
	}
}

// checkChanged is about the accounts of the name that have the secret's password.
func (c *checking) checkChanged(ctx context.Context, admin *session) {
	accounts, err := c.readChanged(ctx, admin, c.current)
	if !c.note(err) {
		return
	}
	all, err := admin.accounts(ctx, c.account.user)
	if c.note(err) {
		c.note(c.elsewhere(all))
	}
	c.checkPlugins(accounts)
	for _, one := range accounts {
		c.warnOfLifetime(one)
	}
}

// checkPlugins is about the accounts that are to change. The one that the server chose must be
// among them, and have the secret's password where a rotation changes it.
func (c *checking) checkPlugins(accounts []stored) {
	chosen := slices.ContainsFunc(accounts, func(s stored) bool { return s.account == c.self && s.holds(c.current.Password) })
	if !chosen && c.checkAccount() == nil || slices.ContainsFunc(accounts, func(s stored) bool { return s.alternatives.unhandled() }) {
		c.note(c.unhandledPlugin())
	}
}

// warnOfLifetime is about passwords that expire before the secret does.
func (c *checking) warnOfLifetime(one stored) {
	validity, err := strconv.Atoi(c.tags[rotation.TagValidity])
	if err == nil && one.lifetime > 0 && one.lifetime < validity {
		c.warnings = append(c.warnings, fmt.Sprintf("The password of %s expires %d days after it is set, and the secret after %d. Set %s to less, or change the account's PASSWORD EXPIRE.", one.account, one.lifetime, validity, rotation.TagValidity))
	}
}

// checkPair is about the role, the mark and the two accounts of class A, and the account that the
// secret has now.
func (c *checking) checkPair(ctx context.Context, admin *session) {
	c.note(c.mayGrant(ctx, admin))
	unmarked := false
	for _, user := range []string{c.account.user + login.SuffixA, c.account.user + login.SuffixB} {
		l := login.Login{User: user}
		if user == c.current.User {
			l = c.current
		}
		marked, err := c.checkOfPair(ctx, admin, l)
		if !c.note(err) {
			return // the other one would say the same
		}
		unmarked = unmarked || !marked
	}
	if !admin.mariaDB {
		_, err := c.mySQLTerms(ctx, admin)
		c.note(err)
	}
	if admin.mariaDB && unmarked {
		c.note(c.mayMark(ctx, admin))
	}
	if admin.mariaDB && !c.alternates(c.current.User) {
		c.checkBase(ctx, admin)
	}
}

// checkOfPair reports whether an account of the pair is there and marked.
func (c *checking) checkOfPair(ctx context.Context, admin *session, l login.Login) (marked bool, err error) {
	if admin.mariaDB {
		found, err := c.readPair(ctx, admin, l)
		return len(found) > 0 && slices.Contains(found[0].owners, c.mark), err
	}
	found, err := admin.mySQLAccounts(ctx, l.User)
	if err == nil && l.User != c.current.User {
		err = c.mayTakeMySQL(found, l)
	}
	return false, err
}

// checkBase is about a login that a first rotation replaces, and retires later.
func (c *checking) checkBase(ctx context.Context, admin *session) {
	all, err := admin.accounts(ctx, c.current.User)
	if err == nil {
		err = c.readOwners(ctx, admin, all)
	}
	if !c.note(err) {
		return
	}
	holding := slices.DeleteFunc(all, func(s stored) bool { return !s.holds(c.current.Password) })
	c.note(c.mayChange(holding))
	c.checkPlugins(holding)
}

// mayMark returns a fault if another login than the administrator made this secret's mark.
func (c *checking) mayMark(ctx context.Context, admin *session) error {
	if !admin.mariaDB {
		return nil
	}
	made, err := admin.text(ctx, "SELECT COUNT(*) FROM mysql.global_priv WHERE User = "+quote(c.mark))
	if err != nil || made == "0" {
		return err
	}
	if _, may, err := admin.grantable(ctx, c.mark); err != nil || may {
		return err
	}
	return rotation.Permanentf("The role %s on %s, which marks this secret's accounts, was made by another login than AdminSecret's. Drop the role, and the rotation makes it again.", c.mark, c.server)
}
