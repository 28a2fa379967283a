package mongodb

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// maxNameBytes is more than names of users have.
const maxNameBytes = 255

// target is what a subject says about a MongoDB user.
type target struct {
	secret  string // the vault's and the secret's name, for marks
	server  server
	class   rotation.Class
	owner   string // in class A
	current login.Login
	admin   *login.Login // nil without AdminSecret
	field   string       // the tag ValueField
	next    secret.Value // the password that is applied
}

// readTarget reads a subject and finds everything wrong with it before any server is called.
func readTarget(s rotation.Subject) (t target, err error) {
	t.secret, t.field = s.Owner, s.Tags[rotation.TagValueField]
	if t.server, err = parseAddress(s.Address, s.Trust); err != nil {
		return t, err
	}
	if t.class, err = class.ChooseForPair(s, "MongoDB"); err != nil {
		return t, err
	}
	if t.admin, err = login.ParseAdmin(s.Admin); err != nil {
		return t, err
	}
	if t.class == rotation.Alternating {
		return t.readAlternating(s)
	}
	return t.readSingle(s)
}

func (t target) readAlternating(s rotation.Subject) (_ target, err error) {
	t.owner = s.CredentialID
	switch {
	case t.owner == "":
		return t, rotation.Permanentf("Class A needs the tag CredentialId. Set it to the user that has the application's roles; the two users that take turns get the same.")
	case len(t.owner) > maxNameBytes-len(login.SuffixA):
		return t, rotation.Permanentf("The tag CredentialId is too long for class A: with _a or _b at its end it must fit in %d bytes.", maxNameBytes)
	}
	if err := checkName("tag CredentialId", t.owner); err != nil {
		return t, err
	}
	if t.current, err = t.loginOf(s.Current); err != nil {
		return t, err
	}
	if t.current.User != t.owner && !t.pair().Includes(t.current.User) {
		return t, rotation.Permanentf("The user in the secret's value must be the one in the tag CredentialId, or one of %s. Correct the tag, or store the owner's login.", t.pair())
	}
	if t.server.Database == adminDatabase && (t.admin.User == t.owner || t.pair().Includes(t.admin.User)) {
		return t, rotation.Permanentf("The login of AdminSecret can't be the owner, or one of the two that take turns. Name another administrator in the tag AdminSecret.")
	}
	return t, nil
}

func (t target) readSingle(s rotation.Subject) (_ target, err error) {
	if t.current, err = login.Parse(s.Current, s.CredentialID, login.Field(t.field)); err != nil {
		return t, err
	}
	if err := login.CheckUser(t.current.User, s.CredentialID); err != nil {
		return t, err
	}
	if t.admin != nil && t.admin.User == t.current.User && t.server.Database == adminDatabase {
		return t, rotation.Permanentf("The secret's login is AdminSecret's own. Remove the tag AdminSecret: a user with the action changeOwnPassword can change its own password.")
	}
	return t, checkName("user name", t.current.User)
}

// loginOf reads a value of the target's class. In class A it must name its user.
func (t target) loginOf(value secret.Value) (login.Login, error) {
	if t.class == rotation.Single {
		return login.Parse(value, t.current.User, login.Field(t.field))
	}
	l, err := login.Parse(value, t.owner, login.Field(t.field))
	if err != nil {
		return l, err
	}
	if err := l.CheckNamesUser(); err != nil {
		return l, err
	}
	return l, checkName("user name in the secret's value", l.User)
}

func checkName(what, name string) error {
	if len(name) > maxNameBytes || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return rotation.Permanentf("The %s can't be the name of a MongoDB user. Use at most %d bytes of UTF-8 and no control characters.", what, maxNameBytes)
	}
	return nil
}

// pair returns the two users that take turns in class A.
func (t target) pair() login.Pair { return login.Pair{Role: t.owner} }

// nextUser returns the user that logs in after this rotation.
func (t target) nextUser() string {
	if t.class == rotation.Single {
		return t.current.User
	}
	return t.pair().Next(t.current.User)
}

// rotated names what is rotated at the server.
func (t target) rotated() string {
	if t.class == rotation.Alternating {
		return t.server.Database + "." + t.owner
	}
	return t.server.Database + "." + t.current.User
}

func (t target) identity() string { return t.server.String() + " as " + t.rotated() }

// changerLogin returns the login that changes passwords.
func (t target) changerLogin() login.Login {
	if t.admin != nil {
		return *t.admin
	}
	return t.current
}

// changerDatabase returns the database that the login that changes passwords belongs to.
func (t target) changerDatabase() string {
	if t.admin != nil {
		return adminDatabase
	}
	return t.server.Database
}
