package mysql

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
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
	c := checking{target: target, own: own, tags: s.Tags}
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
	tags     map[string]string
	warnings []string
	wrong    []error
}

// note adds what is wrong, and reports whether nothing is.
func (c *checking) note(err error) bool {
	if err != nil {
		c.wrong = append(c.wrong, err)
	}
	return err == nil
}

// checkOwn is about the secret's own login.
func (c *checking) checkOwn(ctx context.Context) {
	c.note(c.checkVersion(ctx))
	var err error
	if c.self, err = c.own.self(ctx); c.note(err) {
		c.note(c.checkAccount())
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
	case !c.own.mariaDB && c.class == rotation.Overlap:
		return c.notMariaDB()
	case c.admin != nil && slices.Compare(found[:], oldest[:]) < 0:
		return rotation.Permanentf("The server %s is %s %d.%d, and the rotation needs %d.%d or later.", c.server, product(c.own), found[0], found[1], oldest[0], oldest[1])
	}
	return nil
}

func (t target) notMariaDB() error {
	return rotation.Permanentf("The server %s is not MariaDB, and class O needs MariaDB. Set the tag RotationClass to A or S.", t.server)
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
var ownPassword = regexp.MustCompile(`^(BY PASSWORD|VIA mysql_native_password USING) '\*[0-9A-F]{40}'( OR (unix_socket|gssapi)( USING '[^']*')?)*( (REQUIRE|WITH|ACCOUNT|PASSWORD) .*)?$`)

// changesItself reports whether SET PASSWORD replaces all passwords of an account.
func changesItself(created string) bool {
	_, identified, _ := strings.Cut(created, "` IDENTIFIED ")
	return ownPassword.MatchString(identified)
}

func (t target) unhandledPlugin() error {
	return rotation.Permanentf("The secret's account on %s logs in by a plugin other than %s, such as ed25519, or by a second password. No rotation would change that one. Alter the account to IDENTIFIED VIA %s alone.", t.server, nativePlugin, nativePlugin)
}

// checkOptions is about the server's options, which a session that changes passwords must obey.
func (c *checking) checkOptions(ctx context.Context, session *session) {
	if !session.mariaDB {
		return
	}
	checks, err := session.text(ctx, "SELECT COUNT(*) FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'PASSWORD VALIDATION' AND PLUGIN_STATUS = 'ACTIVE' AND @@strict_password_validation")
	if c.note(err) && checks != "0" {
		c.note(rotation.Permanentf("A plugin checks passwords on %s, and it accepts no hashes. Set strict_password_validation=OFF there; the passwords that Rotunda makes have 190 bits.", c.server))
	}
}

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
	if !chosen || slices.ContainsFunc(accounts, func(s stored) bool { return s.alternatives.unhandled() }) {
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
