package mysql

import (
	"context"
	"errors"
	"slices"
	"strings"

	"rotunda/internal/lazyregexp"
	"rotunda/internal/rotation"
)

// Check implements rotation.Checker. It asks for the rights, the options and the accounts that a
// rotation depends on.
func (Rotator) Check(ctx context.Context, s rotation.Subject) (warnings []string, err error) {
	target, err := readTarget(s)
	if err != nil {
		return nil, err
	}
	own, _, err := target.server.logIn(ctx, target.current)
	if err != nil {
		return nil, err
	}
	defer own.close()
	c := checking{target: target, own: own}
	if !c.note(c.checkVersion(ctx)) {
		return nil, errors.Join(c.wrong...)
	}
	c.checkOwn(ctx)
	if target.admin == nil {
		c.checkSelf(ctx)
		return c.warnings, errors.Join(c.wrong...)
	}
	admin, _, err := target.server.logIn(ctx, *target.admin)
	if c.note(err) {
		defer admin.close()
		c.checkAdmin(ctx, admin)
	}
	return c.warnings, errors.Join(c.wrong...)
}

// checking collects all that is wrong.
type checking struct {
	target
	own      *session // logged in with the secret's value
	self     account  // that the server chose for it
	version  version
	warnings []string
	wrong    []error
}

// note adds what is wrong, once, and reports whether nothing is.
func (c *checking) note(err error) bool {
	if err != nil && !slices.ContainsFunc(c.wrong, func(known error) bool { return known.Error() == err.Error() }) {
		c.wrong = append(c.wrong, err)
	}
	return err == nil
}

// checkOwn is about the secret's own login.
func (c *checking) checkOwn(ctx context.Context) {
	c.note(c.checkNames())
	var err error
	if c.self, err = c.own.self(ctx); c.note(err) {
		c.note(c.checkAccount())
		c.note(c.checkOwnMark(ctx))
	}
	if c.class == rotation.Alternating {
		c.note(c.hasRole(ctx))
	}
}

// checkAccount returns a fault if the server chose another account than CredentialId names.
func (c *checking) checkAccount() error {
	switch {
	case c.self.user != c.current.User:
		return rotation.Permanentf("The server %s logs %s in as another user, such as an anonymous one. Drop that account, or name its user in the secret.", c.server, c.current.User)
	case c.class != rotation.Alternating && c.account.host != "" && c.account.host != c.self.host:
		return rotation.Permanentf("On the server %s the secret's login is another account than %s, which the tag CredentialId names: %s chose one of another host. Correct the host in the tag, or remove it.", c.server, c.account, product(c.own))
	}
	return nil
}

// checkOwnMark returns a fault if the secret's login bears another secret's mark. Every login may
// read which roles it has; the administrator may lack the right to.
func (c *checking) checkOwnMark(ctx context.Context) error {
	if !c.own.mariaDB {
		return c.checkOwnAttribute(ctx)
	}
	rows, err := c.own.pairs(ctx, "reading information_schema.APPLICABLE_ROLES",
		"SELECT ROLE_NAME, IS_GRANTABLE FROM information_schema.APPLICABLE_ROLES WHERE ROLE_NAME LIKE 'rotunda:%'")
	if err != nil {
		return err
	}
	self := stored{account: c.self}
	for _, row := range rows {
		if row[1] == "NO" && strings.HasPrefix(row[0], markPrefix) {
			self.owners = append(self.owners, row[0])
		}
	}
	return c.mayChange([]stored{self})
}

// checkOwnAttribute is checkOwnMark on MySQL, where every login may read its own attributes.
func (c *checking) checkOwnAttribute(ctx context.Context) error {
	if !c.version.atLeast(oldestMySQL) { // it has no attributes
		return nil
	}
	all, err := c.own.mySQLAccounts(ctx, c.self.user)
	for _, one := range all {
		if one.account == c.self && one.mark != "" && one.mark != c.mark {
			return c.foreignMySQL(one)
		}
	}
	return err
}

// hasRole returns a fault if the secret's login does not have the role: the rotation would give
// its readers rights that they never had.
func (c *checking) hasRole(ctx context.Context) error {
	has, _, err := c.own.grantable(ctx, c.account.user)
	if err == nil && !has {
		return rotation.Permanentf("The secret's login on %s does not have the role %s that the tag CredentialId names, so the rotation would give it other rights. Grant it the role, or correct the tag.", c.server, c.account.user)
	}
	return err
}

// checkSelf is about an account that changes its own password.
func (c *checking) checkSelf(ctx context.Context) {
	c.checkOptions(ctx, c.own)
	if !c.own.mariaDB {
		return
	}
	created, err := c.own.text(ctx, "SHOW CREATE USER CURRENT_USER")
	if c.note(err) && !changesItself(created) {
		c.note(c.unhandledPlugin())
	}
}

// ownPassword matches an account with one password that SET PASSWORD changes. It changes an
// account's first alternative, so that must be the native one and there must be no second.
var ownPassword = lazyregexp.New(`^(BY PASSWORD|VIA mysql_native_password USING) '\*[0-9A-F]{40}'( OR (unix_socket|gssapi)( USING '[^']*')?)*( (REQUIRE|WITH|ACCOUNT|PASSWORD) .*)?$`)

// changesItself reports whether SET PASSWORD replaces all passwords of an account.
func changesItself(created string) bool {
	_, identified, _ := strings.Cut(created, "` IDENTIFIED ")
	return ownPassword().MatchString(identified)
}

func (t target) unhandledPlugin() error {
	return rotation.Permanentf("The secret's account on %s logs in by a plugin other than %s, such as ed25519, or by a second password. No rotation would change that one. Alter the account to IDENTIFIED VIA %s alone.", t.server, nativePlugin, nativePlugin)
}

// checkOptions is about the server's options, which a session that changes passwords must obey.
func (c *checking) checkOptions(ctx context.Context, session *session) {
	if !session.mariaDB {
		c.note(c.checkPolicy(ctx, session))
		return
	}
	checkers, err := session.text(ctx, "SELECT GROUP_CONCAT(PLUGIN_NAME ORDER BY PLUGIN_NAME SEPARATOR ', ') FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'PASSWORD VALIDATION' AND PLUGIN_STATUS = 'ACTIVE' AND @@strict_password_validation")
	if c.note(err) && checkers != "" {
		c.note(rotation.Permanentf("A plugin checks passwords on %s (%s), and it accepts no hashes, which are all that Rotunda sends to MariaDB. Set strict_password_validation=OFF there; the passwords that Rotunda makes have at least 96 bits.", c.server, checkers))
	}
}
