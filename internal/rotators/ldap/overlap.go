package ldap

import (
	"context"

	ldap "github.com/go-ldap/ldap/v3"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

const userPassword = "userPassword" // RFC 4519, 2.41

// add adds a password to those that the login has. It sends a hash.
func (t target) add(s *session, e entry, next secret.Value) error {
	request := ldap.NewModifyRequest(e.dn, nil)
	request.Add(userPassword, []string{newHash(next, t.secret)})
	err := s.modify(request)
	switch {
	case ldap.IsErrorWithCode(err, ldap.LDAPResultAttributeOrValueExists):
		return nil // an earlier attempt added it
	case ldap.IsErrorWithCode(err, ldap.LDAPResultConstraintViolation):
		return t.hashRefused()
	}
	return s.fault(changing, err)
}

// hashRefused is about the overlay ppolicy, which by pwdCheckQuality=2 refuses what it can't check
// (slapo-ppolicy(5)).
func (t target) hashRefused() error {
	return rotation.Permanentf("The password policy of the directory at %s refuses a hash, which it can't check (pwdCheckQuality 2). Set the tag %s to %s, or use a policy that accepts hashes for this login.", t.server, rotation.TagClass, rotation.Single)
}

// remove removes an old password, and keeps the current one and those that others have set.
func (t target) remove(ctx context.Context, s *session, d directory, old secret.Value, fence rotation.Fence) error {
	const tries = 3 // another worker may remove it at the same time
	for range tries {
		e, err := s.find(d, t.name)
		if err != nil {
			return err
		}
		if err := t.checkStored(d, e); err != nil {
			return err
		}
		stored := t.storedAs(e, old)
		if len(stored) == 0 {
			return nil
		}
		if len(stored) == len(e.passwords) {
			return rotation.Permanentf("The old password is the only one that the directory at %s still has for the login, so it is kept. Set the secret to a value that logs in.", t.server)
		}
		if err := fence(ctx); err != nil {
			return err
		}
		request := ldap.NewModifyRequest(e.dn, nil)
		request.Delete(userPassword, stored)
		if err = s.modify(request); !ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchAttribute) {
			return s.fault(changing, err)
		}
	}
	return rotation.Temporaryf("Somebody else changes the login's passwords in the directory at %s at the same time. The rotation is tried again later.", t.server)
}

// storedAs returns the values that store a password, and not the current one.
func (t target) storedAs(e entry, password secret.Value) (stored []string) {
	for _, value := range e.passwords {
		is, _ := isHashOf(value, password)
		if isCurrent, _ := isHashOf(value, t.current.Password); is && !isCurrent {
			stored = append(stored, value)
		}
	}
	return stored
}

// checkStored makes sure that the login that changes the password sees the values, and so can
// remove one.
func (t target) checkStored(d directory, e entry) error {
	if err := t.checkOwner(d, e); err != nil {
		return err
	}
	if len(e.passwords) == 0 {
		return rotation.Permanentf("The directory at %s does not show the stored passwords (userPassword) to the login that changes them, so an old one could not be removed. Grant it the right to read and write them; by \"self write\" a login may change its own. Or set the tag %s to %s.",
			t.server, rotation.TagClass, rotation.Single)
	}
	return nil
}

// checkRecognised makes sure that the current password can be removed when its time comes.
func (t target) checkRecognised(e entry) error {
	for _, value := range e.passwords {
		if is, _ := isHashOf(value, t.current.Password); is {
			return nil
		}
	}
	return rotation.Permanentf("The directory at %s stores the current password in a form that Rotunda does not recognise, such as {CRYPT} or {ARGON2}, so it could not be removed later. Set the same password once more as {SSHA}, or set the tag %s to %s.", t.server, rotation.TagClass, rotation.Single)
}
