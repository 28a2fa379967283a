package postgres

import "rotunda/internal/rotation"

// administrator is whom the session that changes passwords acts as, and on which version.
type administrator struct {
	name                string
	version             int
	mighty, createsRole bool
}

func (c *check) checkRight() error {
	switch {
	case c.by.mighty || c.by.createsRole || c.itself || c.admin == nil && c.class == rotation.Single:
		return nil
	case c.admin != nil:
		return rotation.Temporaryf("The login of AdminSecret lacks CREATEROLE. Run: ALTER ROLE %s CREATEROLE;", quoteIdentifier(c.by.name))
	case c.pair().Includes(c.current.User):
		return c.noAuthority(c.nextUser())
	}
	return rotation.Temporaryf("The secret's login lacks CREATEROLE, with which it creates the two logins of class A. Run: ALTER ROLE %s CREATEROLE; or name an administrator in the tag AdminSecret.", quoteIdentifier(c.by.name))
}

// checkSelf returns why a login can't change its own password (postgres/postgres
// src/backend/commands/user.c of version 15, AlterRole).
func (a administrator) checkSelf(r role) error {
	if !r.replicates || a.version >= 160000 {
		return nil
	}
	return rotation.Temporaryf("Before PostgreSQL 16, only a superuser can change the password of a role with REPLICATION, even the role's own. Run: ALTER ROLE %s NOREPLICATION; or update the server.",
		quoteIdentifier(r.name))
}

// lacksAdminOption returns why the session can't change a participant, or grant it if it is the
// owner. A login that changes itself needs no right.
func (c *check) lacksAdminOption(r role) error {
	switch {
	case c.admin != nil:
		return rotation.Temporaryf("From PostgreSQL 16 on, the login of AdminSecret needs the role %s with ADMIN OPTION. Run: GRANT %s TO %s WITH ADMIN OPTION;",
			r.name, quoteIdentifier(r.name), quoteIdentifier(c.by.name))
	case c.class == rotation.Single, r.name == c.current.User && r.name != c.owner:
		return nil
	case c.pair().Includes(c.current.User):
		return c.noAuthority(c.nextUser())
	case r.name == c.current.User:
		return rotation.Temporaryf("From PostgreSQL 16 on, a role can't be granted by itself, so %s can't be the owner of a pair that it creates. Set the tag CredentialId to another role, which it has with ADMIN OPTION: docs/rotators.md has the statements.", r.name)
	}
	return rotation.Temporaryf("From PostgreSQL 16 on, the secret's login needs the role %s with ADMIN OPTION. Run: GRANT %s TO %s WITH ADMIN OPTION;",
		r.name, quoteIdentifier(r.name), quoteIdentifier(c.by.name))
}
