// Package ldap rotates the password of a login in an LDAP directory: OpenLDAP, Active Directory,
// and others with the password modify operation.
//
// In OpenLDAP an entry may have several passwords (class O): the new one is added as a hash, and
// the old one works until it is retired. Other passwords stay. In class S, and always in Active
// Directory, the new password replaces the old one.
//
// Tags:
//   - ProviderAddress: ldap://host:389, which uses StartTLS, or ldaps://host:636, with ?sslmode=
//     verify-full (the default), verify-ca, or for ldap:// disable, and &sslrootcert=ca.pem
//   - CredentialId: the login's distinguished name; in Active Directory its user principal name or
//     DOMAIN\user. It may be left out if the value's user name is one of these
//   - RotationClass: O (the default for a distinguished name) or S
//   - AdminSecret: the login that changes the password; without it, the login changes its own
//   - PasswordLength, PasswordExclude, PasswordSymbols
//
// The login that changes the password needs the right to read and write userPassword in class O,
// and to write it in class S; in Active Directory that is the right to change its own password, or
// for AdminSecret's login to reset the account's. AdminSecret's login should be allowed to add a
// value to description (in Active Directory extensionName), by which the login is marked.
package ldap

import (
	"context"
	"errors"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Rotator implements rotation.Setter in the classes O and S.
type Rotator struct{}

var (
	_ rotation.Setter    = Rotator{}
	_ rotation.Checker   = Rotator{}
	_ rotation.Locator   = Rotator{}
	_ rotation.Comparer  = Rotator{}
	_ rotation.Described = Rotator{}
)

// Describe implements rotation.Described.
func (Rotator) Describe() rotation.Description {
	return rotation.Description{
		Names:   []string{"ldap", "ldaps"},
		Classes: []rotation.Class{rotation.Overlap, rotation.Single},
		Tags:    []string{rotation.TagAdminSecret, rotation.TagClass, rotation.TagValueField, rotation.TagPasswordLength, rotation.TagPasswordExclude, rotation.TagPasswordSymbols},
	}
}

// Plan implements rotation.Rotator.
func (Rotator) Plan(s rotation.Subject) (rotation.Plan, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Plan{}, err
	}
	next, decoy, err := target.current.Renew(target.current.User, s.Tags)
	plan := rotation.Plan{
		Class:    target.class,
		Identity: target.server.String() + " as " + canonical(target.name),
		Next:     next, Decoy: decoy,
		Warnings: target.server.tls.Warnings("The sslmode"),
	}
	if target.inWindows() {
		plan.Lingers = oldPasswordAllowed
		plan.Warnings = append(plan.Warnings, "Active Directory accepts the old password for an hour after a change, so Rotunda can't prove that it has ended. To end it at once, rotate twice.")
	}
	return plan, err
}

// oldPasswordAllowed is Active Directory's OldPasswordAllowedPeriod, and Samba's "old password
// allowed period": a simple bind with the last password before the present one still succeeds
// (smb.conf(5); Microsoft Knowledge Base article 906305).
const oldPasswordAllowed = time.Hour

// Same implements rotation.Comparer.
func (Rotator) Same(s rotation.Subject, a, b secret.Value) bool {
	return login.Same(a, b, func(value secret.Value) (login.Login, error) {
		l, err := login.Parse(value, s.CredentialID, login.Field(s.Tags[rotation.TagValueField]))
		if err != nil {
			return l, err
		}
		name, err := bindName(l.User, s.CredentialID)
		l.User = canonical(name)
		return l, err
	})
}

// Probe implements rotation.Prober.
func (Rotator) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	target, tried, err := readBoth(s, value)
	if err != nil {
		return rotation.Unknown, err
	}
	session, verdict, err := target.server.logIn(ctx, tried)
	session.close()
	return verdict, err
}

// Apply implements rotation.Setter.
func (Rotator) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence rotation.Fence) error {
	target, added, err := readBoth(s, next)
	if err != nil {
		return err
	}
	target.next = added.password
	session, err := target.server.open(ctx, target.changer())
	if err != nil {
		return err
	}
	defer session.close()
	directory, found, err := target.claim(ctx, session)
	if err != nil {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	if err := target.mark(session, directory, found); err != nil {
		return err
	}
	if target.class == rotation.Overlap {
		return target.add(session, found, added.password)
	}
	return target.unlessApplied(ctx, added, target.replace(session, directory, found, added.password))
}

// unlessApplied returns err, unless the policy refused a password because an earlier attempt has
// set it: it is in the history then.
func (t target) unlessApplied(ctx context.Context, added credential, err error) error {
	if !errors.Is(err, rotation.ErrRefusedByPolicy) {
		return err
	}
	session, verdict, _ := t.server.logIn(ctx, added) // what matters is whether it is accepted
	session.close()
	if verdict == rotation.Accepted {
		return nil
	}
	return err
}

// claim reads the directory and the login's entry, and makes sure that the login is the secret's.
func (t target) claim(ctx context.Context, session *session) (directory, entry, error) {
	d, err := session.look()
	if err != nil {
		return d, entry{}, err
	}
	if err := t.checkClass(d); err != nil {
		return d, entry{}, err
	}
	e, err := session.find(d, t.name)
	if err != nil {
		return d, e, err
	}
	return d, e, t.prove(ctx, d, e)
}

// Retire implements rotation.Setter. In class S the new password has replaced the old one.
func (Rotator) Retire(ctx context.Context, s rotation.Subject, old secret.Value, fence rotation.Fence) error {
	target, removed, err := readBoth(s, old)
	if err != nil || target.class == rotation.Single || removed.password.Equal(target.current.Password) {
		return err
	}
	session, err := target.server.open(ctx, target.changer())
	if err != nil {
		return err
	}
	defer session.close()
	directory, err := session.look()
	if err != nil {
		return err
	}
	return target.remove(ctx, session, directory, removed.password, fence)
}
