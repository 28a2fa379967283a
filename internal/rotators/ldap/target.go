package ldap

import (
	"crypto/fips140"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// target is what a subject says about a login of a directory.
type target struct {
	server  server
	class   rotation.Class
	name    string // of the login, as it binds
	current login.Login
	admin   *login.Login // nil without AdminSecret
	secret  string       // its owner, with which the login's entry is marked
	tags    map[string]string
	next    secret.Value // the password that is applied
}

// readTarget reads a subject and finds everything wrong with it before any server is called.
func readTarget(s rotation.Subject) (t target, err error) {
	t.secret, t.tags = s.Owner, s.Tags
	if t.server, err = parseAddress(s.Address, s.Trust); err != nil {
		return t, err
	}
	if t.current, err = login.Parse(s.Current, s.CredentialID, login.Field(s.Tags[rotation.TagValueField])); err != nil {
		return t, err
	}
	if t.name, err = bindName(t.current.User, s.CredentialID); err != nil {
		return t, err
	}
	if t.class, err = chooseClass(s.Tags, t.name); err != nil {
		return t, err
	}
	if t.class == rotation.Overlap && fips140.Enforced() {
		return t, rotation.Permanentf("Class %s stores the new password as {SSHA}, which needs SHA-1, and this process runs with GODEBUG=fips140=only. Set the tag %s to %s.", rotation.Overlap, rotation.TagClass, rotation.Single)
	}
	if t.admin, err = login.ParseAdmin(s.Admin); err != nil || t.admin == nil {
		return t, err
	}
	_, err = bindName(t.admin.User, "")
	if err != nil {
		err = rotation.Permanentf("The user name of the secret that the tag AdminSecret names must be a distinguished name such as cn=rotator,dc=example,dc=com. For Active Directory it may also be rotator@corp.example.com or CORP\\rotator.")
	}
	return t, err
}

// inWindows reports whether the login's name is one of Active Directory's.
func (t target) inWindows() bool { return !isDN(t.name) }

// chooseClass offers no class O to the names of Active Directory, which stores one password.
func chooseClass(tags map[string]string, name string) (rotation.Class, error) {
	if isDN(name) {
		return class.Choose(tags, "LDAP", rotation.Overlap, rotation.Single)
	}
	return class.Choose(tags, "Active Directory", rotation.Single)
}

// readBoth reads a subject, and a value that is the admin's or the user's.
func readBoth(s rotation.Subject, value secret.Value) (target, credential, error) {
	t, err := readTarget(s)
	if err != nil {
		return t, credential{}, err
	}
	if t.admin != nil && value.Equal(s.Admin) {
		return t, t.changer(), nil
	}
	l, err := login.Parse(value, s.CredentialID, login.Field(s.Tags[rotation.TagValueField]))
	if err != nil {
		return t, credential{}, err
	}
	name, err := bindName(l.User, s.CredentialID)
	return t, credential{name, l.Password}, err
}

// credential is what a simple bind sends.
type credential struct {
	name     string
	password secret.Value
}

// itself returns the login that rotates.
func (t target) itself() credential { return credential{t.name, t.current.Password} }

// changer returns the login that changes the password.
func (t target) changer() credential {
	if t.admin != nil {
		return credential{t.admin.User, t.admin.Password}
	}
	return t.itself()
}
