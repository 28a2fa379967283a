package mysql

import (
	"context"
	"crypto/fips140"
	"strings"
	"unicode"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// target is what a subject says about a MariaDB or MySQL login.
type target struct {
	server  server
	class   rotation.Class
	account account // in class A the role, and the host of both accounts
	mark    string  // whose owner is the secret
	current login.Login
	admin   *login.Login // nil without AdminSecret
	field   string       // the tag ValueField
	tags    map[string]string
}

// readTarget reads a subject and finds everything wrong with it before any server is called.
func readTarget(s rotation.Subject) (t target, err error) {
	if fips140.Enforced() { // the client and the server's hashes need SHA-1; Go would panic
		return t, rotation.Permanentf("MariaDB and MySQL logins need SHA-1, which GODEBUG=fips140=only forbids in this app. Set fips140=on, or rotate this secret in another app.")
	}
	if t.server, err = parseAddress(s.Address, s.Trust); err != nil {
		return t, err
	}
	if t.class, err = class.Choose(s.Tags, "MariaDB and MySQL", rotation.Overlap, rotation.Alternating, rotation.Single); err != nil {
		return t, err
	}
	if t.admin, err = login.ParseAdmin(s.Admin); err != nil {
		return t, err
	}
	t.account, t.mark, t.field, t.tags = parseAccount(s.CredentialID), markOf(s.Owner), s.Tags[rotation.TagValueField], s.Tags
	if t.current, err = t.parse(s.Current); err != nil {
		return t, err
	}
	if t.account.user == "" {
		t.account.user = t.current.User
	}
	return t, t.check(s)
}

func (t target) check(s rotation.Subject) error {
	switch {
	case t.class != rotation.Single && t.admin == nil:
		return rotation.Permanentf("Class %s needs an administrator with CREATE USER. Name its secret in the tag AdminSecret, or set the tag RotationClass to S.", t.class)
	case strings.ContainsFunc(t.account.String()+t.current.User, unicode.IsControl):
		return rotation.Permanentf("The user name in the tag CredentialId or in the secret's value has control characters. Remove them.")
	case t.class == rotation.Alternating && s.CredentialID == "":
		return rotation.Permanentf("Class A needs the tag CredentialId. Set it to the role that has the rights of the two accounts.")
	case t.class != rotation.Overlap && t.admin != nil && t.admin.User == t.current.User:
		return rotation.Permanentf("The secret's login is AdminSecret's own. Name another administrator in AdminSecret, or in class S remove that tag.")
	}
	return nil
}

// readBoth reads a subject, and a value that is the admin's or the rotated login's.
func readBoth(s rotation.Subject, value secret.Value) (t target, l login.Login, err error) {
	if t, err = readTarget(s); err == nil {
		l, err = t.loginOf(s, value)
	}
	return t, l, err
}

// loginOf reads a value that is the admin's or the rotated login's.
func (t target) loginOf(s rotation.Subject, value secret.Value) (login.Login, error) {
	if t.admin != nil && value.Equal(s.Admin) {
		return *t.admin, nil
	}
	return t.parse(value)
}

func (t target) parse(value secret.Value) (login.Login, error) {
	l, err := login.Parse(value, t.account.user, login.Field(t.field))
	switch {
	case err != nil:
		return l, err
	case t.class == rotation.Alternating:
		return l, l.CheckNamesUser()
	}
	return l, login.CheckUser(l.User, t.account.user)
}

// openLocked logs in as the login that changes passwords, and acquires the server's lock.
// Without an admin that login is the account itself, with its current password, or with next if
// that is what the account has already.
func (t target) openLocked(ctx context.Context, next login.Login) (*session, error) {
	session, err := t.open(ctx, next)
	if err != nil {
		return nil, err
	}
	if err := session.lock(ctx, t.server.String()+" as "+t.account.user); err != nil {
		session.close()
		return nil, err
	}
	return session, nil
}

func (t target) open(ctx context.Context, next login.Login) (*session, error) {
	changer := t.current
	if t.admin != nil {
		changer = *t.admin
	}
	session, verdict, err := t.server.logIn(ctx, changer)
	if verdict == rotation.Rejected && t.admin == nil {
		session, _, err = t.server.logIn(ctx, next)
	}
	return session, err
}

// identity names what is rotated.
func (t target) identity() string { return t.server.String() + " as " + t.account.String() }

func (t target) warnings() []string {
	warnings := t.server.tls.Warnings("sslmode=" + string(t.server.tls.Mode))
	switch {
	case t.class == rotation.Single:
		warnings = append(warnings, "In class S, new logins fail between the change of the password and the secret's new version. Classes O and A have no such gap.")
	case t.class == rotation.Alternating && !t.alternates(t.current.User):
		warnings = append(warnings, "The first rotation moves readers to another account. The present account is locked at the end of the grace period.")
	}
	return warnings
}
