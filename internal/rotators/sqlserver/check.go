package sqlserver

import (
	"context"
	"errors"
	"slices"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

var _ rotation.Checker = Rotator{}

// oldestVersion is SQL Server 2012, the first with contained users and ALTER ROLE ... ADD MEMBER.
const oldestVersion = 11

// Check implements rotation.Checker. It reads the catalogs and asks for rights, and changes
// nothing.
func (r Rotator) Check(ctx context.Context, s rotation.Subject) ([]string, error) {
	target, err := r.readTarget(s)
	if err != nil {
		return nil, err
	}
	session, err := target.open(ctx)
	if err != nil {
		return nil, target.openFault(err)
	}
	defer session.close()
	check := check{target: target, session: session}
	if err := check.look(ctx); err != nil {
		return check.warnings, newFault("The query for what the rotation may do", err)
	}
	return check.warnings, errors.Join(check.faults...)
}

// check is what one Check finds.
type check struct {
	target
	session  *session
	rights   rights
	warnings []string
	faults   []error
}

// rights are what the session that changes passwords may do.
type rights struct{ users, role, logins bool }

func (c *check) add(err error) {
	if err != nil && !slices.ContainsFunc(c.faults, func(f error) bool { return f.Error() == err.Error() }) {
		c.faults = append(c.faults, err)
	}
}

// look finds all that is wrong. Its own error means that it could not look.
func (c *check) look(ctx context.Context) error {
	c.lookAtServer()
	if c.admin == nil {
		return nil
	}
	c.add(c.checkSecret())
	if err := c.readRights(ctx); err != nil {
		return err
	}
	if c.class == rotation.Single {
		return c.lookAtLogin(ctx)
	}
	return c.lookAtPair(ctx)
}

func (c *check) lookAtServer() {
	at := c.session.info
	if at.major() < oldestVersion {
		c.add(rotation.Temporaryf("The server is older than SQL Server 2012, or does not say its version. Rotunda needs SQL Server 2012 or later."))
	}
	if at.readOnly && (c.class == rotation.Alternating || at.ownUser) {
		c.add(rotation.Temporaryf("The database is read-only. The tag ProviderAddress must name the primary."))
	}
	if c.class == rotation.Single && at.isAzure() && !at.ownUser && at.database != "master" && c.admin == nil {
		c.add(rotation.Temporaryf("Azure SQL changes logins of the server in the database master only. Remove the database from the tag ProviderAddress, or use a contained user."))
	}
}

func (c *check) readRights(ctx context.Context) error {
	row, err := c.session.queryRow(ctx, 3, `SELECT CONVERT(nvarchar(20), HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'ALTER ANY USER')),
		CONVERT(nvarchar(20), HAS_PERMS_BY_NAME(`+quoteText(quoteName(c.role))+`, 'ROLE', 'ALTER')),
		CONVERT(nvarchar(20), HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY LOGIN'))`)
	if err != nil {
		return err
	}
	c.rights = rights{row[0] == "1", row[1] == "1", row[2] == "1"}
	return nil
}

// lookAtLogin checks the login of class S.
func (c *check) lookAtLogin(ctx context.Context) error {
	found, err := c.session.principals(ctx, "", c.principal(c.current.User))
	if err != nil {
		return err
	}
	user, isUser := chosen(found)
	c.add(c.checkMark(user))
	if user.isContained {
		c.needUsers()
		return nil
	}
	c.needLogins()
	if !isUser {
		c.warnings = append(c.warnings, "The login has no user in the database in the tag ProviderAddress, so it can't be marked as this secret's. Make sure that no other secret rotates it, or name a database in which it has a user.")
	} else if user.mark == "" {
		c.needUsers()
	}
	return nil
}

// lookAtPair checks the role and the logins of class A.
func (c *check) lookAtPair(ctx context.Context) error {
	c.needUsers()
	if !c.session.info.contained {
		c.needLogins()
	}
	proven := c.target // preflight has logged in with the current value
	if _, err := proven.claims(ctx, c.session); err != nil {
		if _, is := errors.AsType[*rotation.Fault](err); !is {
			return err
		}
		c.add(err)
	} else if !c.rights.role {
		c.add(rotation.Temporaryf("The login of AdminSecret may not add members to the role. Run in the database: GRANT ALTER ON ROLE::%s TO %s;", quoteName(c.role), quoteName(c.principal(c.admin.User))))
	}
	for _, suffix := range []string{login.SuffixA, login.SuffixB} {
		if _, err := c.pairUser(ctx, c.session, c.role+suffix); err != nil {
			if _, is := errors.AsType[*rotation.Fault](err); !is {
				return err
			}
			c.add(err)
		}
	}
	return nil
}

func (c *check) needUsers() {
	if !c.rights.users {
		c.add(rotation.Temporaryf("The login of AdminSecret lacks ALTER ANY USER. Run in the database: GRANT ALTER ANY USER TO %s;", quoteName(c.principal(c.admin.User))))
	}
}

// needLogins reports a missing right to logins. Azure SQL has no such right: there it is the
// server's administrator and the members of loginmanager that change logins.
func (c *check) needLogins() {
	switch {
	case c.session.info.isAzure() && c.session.info.database != "master":
		c.add(rotation.Temporaryf("Azure SQL changes logins of the server in the database master only. Remove the database from the tag ProviderAddress, or use a contained user."))
	case !c.session.info.isAzure() && !c.rights.logins:
		c.add(rotation.Temporaryf("The login of AdminSecret lacks ALTER ANY LOGIN. Run in master: GRANT ALTER ANY LOGIN TO %s;", quoteName(c.admin.User)))
	}
}
