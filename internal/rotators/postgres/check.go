package postgres

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

var _ rotation.Checker = Rotator{}

// Check implements rotation.Checker. It reads what the server's catalog says about the rights, and
// then does all that Apply does in a transaction that is never committed.
func (Rotator) Check(ctx context.Context, s rotation.Subject) ([]string, error) {
	target, err := readTarget(s)
	if err != nil {
		return nil, err
	}
	target, session, err := target.openForCheck(ctx)
	if err != nil {
		return nil, err
	}
	defer session.close()
	check := check{target: target, session: session, days: lifetime(s.Tags)}
	if err := check.look(ctx); err != nil {
		return check.warnings, newFault("The query for what the rotation may do", err)
	}
	if len(check.faults) > 0 {
		return check.warnings, errors.Join(check.faults...)
	}
	return check.warnings, target.rehearse(ctx, session)
}

// openForCheck logs in as Apply does.
func (t target) openForCheck(ctx context.Context) (target, *session, error) {
	if t.byPair() {
		return t.openPair(ctx, t.nextUser())
	}
	session, err := t.open(ctx)
	if err != nil {
		return t, nil, t.openFault(err)
	}
	return t, session, nil
}

// check is what one Check finds.
type check struct {
	target
	session  *session
	days     int // how long a new value is to live
	by       administrator
	warnings []string
	faults   []error
}

func (c *check) add(err error) {
	if err != nil && !slices.ContainsFunc(c.faults, func(f error) bool { return f.Error() == err.Error() }) {
		c.faults = append(c.faults, err)
	}
}

// look finds all that is wrong. Its own error means that it could not look.
func (c *check) look(ctx context.Context) error {
	if err := c.lookAtServer(ctx); err != nil || c.by.version < oldestVersion {
		return err
	}
	if err := c.lookAtLifetime(ctx); err != nil {
		return err
	}
	if len(c.changed()) > 0 {
		c.add(c.checkSecret())
	}
	c.add(c.checkRight())
	if c.itself {
		if err := c.lookAtItself(ctx); err != nil {
			return err
		}
	}
	for _, name := range c.participants() {
		found, err := c.session.role(ctx, name, 0)
		if err != nil {
			return err
		}
		c.lookAtRole(found)
	}
	return nil
}

func (c *check) lookAtServer(ctx context.Context) error {
	row, err := c.session.queryRow(ctx, 6, `SELECT current_user, pg_catalog.current_setting('server_version_num'), r.rolsuper, r.rolcreaterole,
			pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('password_encryption')
		FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`)
	if err != nil {
		return err
	}
	c.by = administrator{name: row[0], mighty: row[2] == "t", createsRole: row[3] == "t"}
	if c.by.version, err = strconv.Atoi(row[1]); err != nil {
		return err
	}
	warnings, err := c.checkVersion(c.by.version)
	c.warnings = append(c.warnings, warnings...)
	c.add(err)
	if row[4] == "t" {
		c.add(errStandby)
	}
	if row[5] != "scram-sha-256" {
		c.warnings = append(c.warnings, "The server's password_encryption is not scram-sha-256, but Rotunda sets SCRAM-SHA-256 passwords. Make sure that the readers' drivers support these.")
	}
	return nil
}

// lookAtRole checks one of the participants.
func (c *check) lookAtRole(r role) {
	if err := c.checkOwner(r); err != nil {
		c.add(err)
		return
	}
	if c.admin == nil && (r.name == c.current.User || c.itself && r.name == c.nextUser()) {
		c.add(c.by.checkSelf(r))
	}
	if c.class == rotation.Alternating && r.name == c.owner {
		c.lookAtOwner(r)
	}
	if c.admin != nil {
		c.add(r.checkMight())
	}
	if r.exists && !c.itself && c.by.version >= 160000 && !c.by.mighty && !r.administered {
		c.add(c.lacksAdminOption(r))
	}
}

func (c *check) lookAtOwner(r role) {
	switch {
	case !r.exists:
		c.add(c.noOwner())
	case !r.connects:
		c.add(rotation.Temporaryf("The role %s may not connect to the database, and so neither may its two logins. Run: GRANT CONNECT ON DATABASE %s TO %s;",
			r.name, quoteIdentifier(c.database.Database), quoteIdentifier(r.name)))
	}
}

// lookAtLifetime checks that the login that is published lives as long as the secret.
func (c *check) lookAtLifetime(ctx context.Context) error {
	name := c.current.User
	switch {
	case c.itself: // it can't change its own VALID UNTIL
		name = c.nextUser()
	case c.class == rotation.Alternating:
		name = c.owner
	}
	found, err := c.session.role(ctx, name, c.days)
	switch {
	case err != nil:
		return err
	case found.endsSoon:
		c.add(rotation.Temporaryf("The role %s has VALID UNTIL, and its passwords end before the secret's new version does. Run: ALTER ROLE %s VALID UNTIL 'infinity'; or set a later date, or lower the tag %s.",
			name, quoteIdentifier(name), rotation.TagValidity))
	case found.limited:
		c.warnings = append(c.warnings, "The role "+name+" has VALID UNTIL: after that time no password of it logs in, whatever the secret says.")
	}
	return nil
}

// lifetime returns how many days a new value is to live: until it expires, or else until the next
// rotation. The engine checks the tags.
func lifetime(tags map[string]string) int {
	for _, name := range []string{rotation.TagValidity, rotation.TagInterval} {
		if days, err := strconv.Atoi(strings.TrimSpace(tags[name])); err == nil {
			return min(max(days, 0), 3650)
		}
	}
	return 0
}

// rehearse does what Apply does, with a password that nobody knows, and never commits it. It finds
// what no catalog tells: a policy, or a managed service's own rules. It takes no lock that would
// turn a rotation away.
func (t target) rehearse(ctx context.Context, session *session) error {
	password, err := rotation.NewPassword(nil, rotation.Alphanumeric)
	if err != nil {
		return err
	}
	changes, err := t.changesFor(login.Login{User: t.nextUser(), Password: secret.NewValue(password)})
	if err != nil {
		return err
	}
	if err := session.begin(ctx); err != nil {
		return err
	}
	proven := func(context.Context) error { return nil } // by preflight
	claimed, err := t.claims(ctx, session, proven)
	if err != nil {
		return newFault(changing, err)
	}
	if err = t.change(ctx, session, changes, claimed); errors.Is(err, rotation.ErrRefusedByPolicy) {
		err = errVerifierRefused
	}
	return err // closing the session rolls back
}
