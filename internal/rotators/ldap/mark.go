package ldap

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// markPrefix begins the value that names the secret to which a login belongs, such as
// rotunda:contoso.vault.azure.net/orders-ldap.
const markPrefix = "rotunda:"

// marksOf returns the owners that values name.
func marksOf(values []string) (owners []string) {
	for _, value := range values {
		if owner, is := strings.CutPrefix(value, markPrefix); is {
			owners = append(owners, owner)
		}
	}
	return owners
}

// checkOwner returns a fault if the login bears another secret's mark.
func (t target) checkOwner(d directory, e entry) error {
	for _, owner := range e.marks {
		if owner != t.secret {
			return t.otherOwner(d, owner)
		}
	}
	return nil
}

func (t target) otherOwner(d directory, owner string) error {
	owner = cmp.Or(login.OwnerIn(owner, append(login.Passwords(&t.current, t.admin), t.next.Reveal())), "of another name")
	return rotation.Permanentf("The login belongs to the secret %s, as its attribute %s in the directory at %s says. A login may be rotated by one secret only: remove the rotation tags of one of them, "+
		"or use another login. If it now belongs to this secret, remove the value that begins with %s from that attribute.", owner, d.markAttribute(), t.server, markPrefix)
}

// prove makes sure that what an administrator changes is the secret's: the login bears its mark,
// or the secret's current value logs in. A login without an administrator has its own authority
// only.
func (t target) prove(ctx context.Context, d directory, e entry) error {
	if err := t.checkOwner(d, e); err != nil || t.admin == nil || slices.Contains(e.marks, t.secret) {
		return err
	}
	session, verdict, err := t.server.logIn(ctx, t.itself())
	session.close()
	if verdict == rotation.Rejected {
		return rotation.Permanentf("Nothing proves that the login is this secret's: it has no mark in the directory at %s, and the secret's current value does not log in. Set the secret to a value that logs in.", t.server)
	}
	return err
}

// mark marks the login, if the administrator may do so, and looks whether another secret did at
// the same time. A login without an administrator needs no mark: its password is the proof.
func (t target) mark(s *session, d directory, e entry) error {
	if t.admin == nil || t.secret == "" || slices.Contains(e.marks, t.secret) || strings.ContainsFunc(t.secret, unicode.IsControl) {
		return nil
	}
	if err := s.modify(t.markRequest(d, e, nil)); err != nil {
		return unlessUnmarkable(s.fault(changing, err), err)
	}
	marked, err := s.find(d, e.dn)
	if err != nil {
		return err
	}
	return t.checkOwner(d, marked)
}

func (t target) markRequest(d directory, e entry, controls []ldap.Control) *ldap.ModifyRequest {
	request := ldap.NewModifyRequest(e.dn, controls)
	request.Add(d.markAttribute(), []string{markPrefix + t.secret})
	return request
}

// unlessUnmarkable returns fault, unless the server said that it accepts no mark, or has it.
func unlessUnmarkable(fault, err error) error {
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultObjectClassViolation, ldap.LDAPResultUndefinedAttributeType,
		ldap.LDAPResultAttributeOrValueExists, ldap.LDAPResultConstraintViolation, ldap.LDAPResultUnwillingToPerform) {
		return nil
	}
	return fault
}
