package mysql

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// markPrefix begins the name of a role that marks accounts. Such a role has no rights.
const markPrefix = "rotunda:"

// maxMark is shorter than the longest name that a role may have, 128 characters.
const maxMark = 120

// markOf returns what marks the accounts of a secret: on MariaDB the name of a role that they
// have, on MySQL the attribute "rotunda". An owner whose name is too long ends in its hash.
func markOf(owner string) string {
	if len(markPrefix+owner) <= maxMark {
		return markPrefix + owner
	}
	sum := sha256.Sum256([]byte(owner))
	ending := "~" + hex.EncodeToString(sum[:16])
	return (markPrefix + owner)[:maxMark-len(ending)] + ending
}

// readOwners finds out whose marks the accounts of a name bear. A login that may grant a mark has
// that role too, and is not marked by it. Only class A requires the right to read this.
func (t target) readOwners(ctx context.Context, session *session, accounts []stored) error {
	if len(accounts) == 0 {
		return nil
	}
	rows, err := session.query(ctx, "SELECT Host, Role FROM mysql.roles_mapping WHERE Admin_option = 'N' AND User = "+quote(accounts[0].user)+" ORDER BY Role")
	if errorNumber(err) == tableDenied && t.class != rotation.Alternating {
		return nil
	}
	if err != nil {
		return t.server.fault("reading mysql.roles_mapping", err)
	}
	for _, row := range rows {
		at := slices.IndexFunc(accounts, func(s stored) bool { return s.host == row[0] })
		if at >= 0 && strings.HasPrefix(row[1], markPrefix) {
			accounts[at].owners = append(accounts[at].owners, row[1])
		}
	}
	return nil
}

// mayChange returns a fault if an account bears another secret's mark.
func (t target) mayChange(accounts []stored) error {
	for _, one := range accounts {
		if other := t.otherOwner(one.owners); other != "" {
			return rotation.Permanentf("The account %s on %s belongs to another secret (%s). Two secrets can't rotate one account. Give this secret a login of its own; or, if the other secret is gone, drop the role that marks the account, %s%s.",
				one.account, t.server, t.nameOfMark(other), markPrefix, t.nameOfMark(other))
		}
	}
	return nil
}

// nameOfMark returns a mark's owner. Anybody may name a role, so other text than ours is not
// repeated, nor is a password.
func (t target) nameOfMark(mark string) string {
	name := strings.TrimPrefix(mark, markPrefix)
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-/:~") != "" || login.Repeats(name, login.Passwords(&t.current, t.admin)...) {
		return "unreadable"
	}
	return name
}

// otherOwner returns a mark that is not this secret's, or "".
func (t target) otherOwner(owners []string) string {
	for _, owner := range owners {
		if owner != t.mark {
			return owner
		}
	}
	return ""
}

// mayTake returns a fault if an account of the pair is not this secret's: one without its mark
// that does not have the login's password, which only this secret knows.
func (t target) mayTake(accounts []stored, l login.Login) error {
	if err := t.mayChange(accounts); err != nil {
		return err
	}
	for _, one := range accounts {
		switch {
		case one.account != t.accountOf(l):
			return rotation.Permanentf("The server %s has an account %s. In class A a login named %s would mean one or the other account, depending on the reader's host. Drop it, or name another role in the tag CredentialId.", t.server, one.account, one.user)
		case !slices.Contains(one.owners, t.mark) && !one.holds(l.Password):
			return t.foreign(one.account)
		}
	}
	return nil
}

func (t target) foreign(a account) error {
	return rotation.Permanentf("The server %s has an account %s that this secret's rotation did not make, and Rotunda changes no such account. Drop it, or name another role in the tag CredentialId. If it is this secret's all the same, grant it the role %s as AdminSecret's login.", t.server, a, t.mark)
}

// createMark returns the statement that makes the mark's role. The role that the administrator's
// session has, if any, may grant it: two logins that take turns as the administrator both must.
func (t target) createMark(ctx context.Context, session *session) (string, error) {
	role, err := session.text(ctx, "SELECT CURRENT_ROLE()")
	granter := "CURRENT_ROLE"
	if role == "" {
		granter = "CURRENT_USER"
	}
	return "CREATE ROLE IF NOT EXISTS " + quote(t.mark) + " WITH ADMIN " + granter, err
}
