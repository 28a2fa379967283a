package ldap

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// OpenLDAP does all of a request but the change if the request has this control, which it does not
// list (servers/slapd/controls.c, LDAP_CONTROL_NOOP; include/ldap.h, LDAP_X_NO_OPERATION).
const (
	controlNoOperation = "1.3.6.1.4.1.4203.666.5.2"
	noOperation        = 0x410e
)

// check collects what would keep a rotation from succeeding.
type check struct {
	target
	session   *session
	directory directory
	entry     entry
	warnings  []string
	wrong     []error
}

// Check implements rotation.Checker. On OpenLDAP it rehearses the change.
func (Rotator) Check(ctx context.Context, s rotation.Subject) (warnings []string, err error) {
	target, err := readTarget(s)
	if err != nil {
		return nil, err
	}
	session, err := target.server.open(ctx, target.changer())
	if err != nil {
		return nil, err
	}
	defer session.close()
	c := check{target: target, session: session}
	if err := c.read(); err != nil {
		return nil, err
	}
	c.lookAtEntry()
	if c.directory.openLDAP {
		c.rehearse()
	}
	return c.warnings, errors.Join(c.wrong...)
}

func (c *check) read() (err error) {
	if c.directory, err = c.session.look(); err != nil {
		return err
	}
	if err = c.checkClass(c.directory); err != nil {
		return err
	}
	c.entry, err = c.session.find(c.directory, c.name)
	return err
}

func (c *check) add(err error) {
	if err != nil {
		c.wrong = append(c.wrong, err)
	}
}

func (c *check) lookAtEntry() {
	if c.class == rotation.Overlap {
		err := c.checkStored(c.directory, c.entry)
		if err == nil {
			err = c.checkRecognised(c.entry)
		}
		c.add(err)
		return
	}
	c.add(c.checkOwner(c.directory, c.entry))
	if len(c.entry.passwords) > 1 {
		c.warnings = append(c.warnings, "The login has several passwords in the directory, and class S replaces all of them: whoever logs in with another one than the secret's loses it. Class O keeps them.")
	}
	if days := lifetime(c.tags); c.directory.windows && c.entry.Entry != nil {
		c.add(c.checkAge(maxAge(c.entry), days))
	}
}

// checkAge makes sure that a new password lives as long as the secret's new version.
func (c *check) checkAge(age time.Duration, days int) error {
	if age <= 0 || days == 0 || time.Duration(days)*24*time.Hour < age {
		return nil
	}
	return rotation.Temporaryf("Passwords of this account expire in the directory at %s %d days after they are set (Maximum password age), which is before the secret's new version does. Lower the tag %s or %s, or let the account's passwords live longer.",
		c.server, int(age.Hours()/24), rotation.TagValidity, rotation.TagInterval)
}

// maxAge returns how long a password of an account lives, or 0 for ever. Both attributes count
// 100 ns; a password that never expires has the greatest number (MS-ADTS, 3.1.1.4.5.36).
func maxAge(e entry) time.Duration {
	const century = 100 * 365 * 24 * time.Hour
	set, err := strconv.ParseInt(e.GetEqualFoldAttributeValue("pwdLastSet"), 10, 64)
	expires, also := strconv.ParseInt(e.GetEqualFoldAttributeValue("msDS-UserPasswordExpiryTimeComputed"), 10, 64)
	if err != nil || also != nil || set <= 0 || expires <= set || expires-set > int64(century/100) {
		return 0
	}
	return time.Duration(expires-set) * 100
}

// lifetime returns how many days a new value is to live: until it expires, or else until the next
// rotation. The engine checks the tags.
func lifetime(tags map[string]string) int {
	for _, name := range []string{rotation.TagInterval, rotation.TagValidity} {
		if days, err := strconv.Atoi(strings.TrimSpace(tags[name])); err == nil {
			return min(max(days, 0), 3650)
		}
	}
	return 0
}

// rehearse asks OpenLDAP for the changes that a rotation makes, without their effect: with a
// password that nobody knows, and with the mark.
func (c *check) rehearse() {
	password, err := rotation.NewPassword(c.tags, rotation.Alphanumeric)
	if err != nil {
		c.add(err)
		return
	}
	noEffect := []ldap.Control{ldap.NewControlString(controlNoOperation, true, "")}
	request := ldap.NewModifyRequest(c.entry.dn, noEffect)
	if c.class == rotation.Overlap {
		request.Add(userPassword, []string{newHash(secret.NewValue(password), c.secret)})
	} else {
		request.Replace(userPassword, []string{password})
	}
	c.add(c.rehearsed(c.session.modify(request)))
	if c.admin == nil || slices.Contains(c.entry.marks, c.secret) {
		return
	}
	if err := c.session.modify(c.markRequest(c.directory, c.entry, noEffect)); ldap.IsErrorAnyOf(err, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultObjectClassViolation) {
		c.warnings = append(c.warnings, "The login of AdminSecret may not add a "+c.directory.markAttribute()+" to the login's entry, so Rotunda can't mark the login as this secret's. Another vault's secret that rotates the same login would not be noticed.")
	}
}

// rehearsed returns what the result of a rehearsal says about the change itself.
func (c *check) rehearsed(err error) error {
	switch {
	case ldap.IsErrorWithCode(err, noOperation):
		return nil
	case ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailableCriticalExtension):
		c.warnings = append(c.warnings, "This server can't rehearse a change, so its rights and policy show only in the rotation.")
		return nil
	case strings.HasPrefix(wordsOf(err), "Must supply old password") && c.admin == nil:
		return nil // Apply does
	case ldap.IsErrorWithCode(err, ldap.LDAPResultConstraintViolation) && c.class == rotation.Overlap:
		return c.hashRefused()
	case ldap.IsErrorWithCode(err, ldap.LDAPResultConstraintViolation):
		return policyFault(c.refusedByPolicy(wordsOf(err)))
	}
	return c.session.fault(changing, err)
}

// policyFault returns a refusal as a fault: a check may return nothing else.
func policyFault(err error) error {
	if policy := rotation.PolicyOf(err); policy != "" {
		return rotation.Permanentf("%s Set the tags %s and %s so that passwords fit.", policy, rotation.TagPasswordLength, rotation.TagPasswordSymbols)
	}
	return err
}
