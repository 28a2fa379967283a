package postgres

import (
	"strings"
	"unicode"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// maxNameBytes is how long a name may be; PostgreSQL cuts off the rest without an error.
const maxNameBytes = 63

// target is what a subject says about a PostgreSQL login.
type target struct {
	secret   string // the vault's and the secret's name, for marks
	database database
	class    rotation.Class
	owner    string // in class A
	current  login.Login
	admin    *login.Login // nil without AdminSecret
	itself   bool         // the session that changes a password is that login's own
	field    string       // the tag ValueField
}

// readTarget reads a subject and finds everything wrong with it before any server is called.
func readTarget(s rotation.Subject) (t target, err error) {
	t.secret, t.field = s.Owner, s.Tags[rotation.TagValueField]
	if t.database, err = parseAddress(s.Address, s.Trust); err != nil {
		return t, err
	}
	if t.class, err = class.ChooseAnyPair(s, "PostgreSQL"); err != nil {
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
		return t, rotation.Permanentf("Class A needs the tag CredentialId. Set it to the role that owns what the application has; the two logins are its members.")
	case strings.HasPrefix(t.owner, "pg_"):
		return t, rotation.Permanentf("The tag CredentialId must not begin with pg_: PostgreSQL keeps such names for its own roles.")
	case len(t.owner) > maxNameBytes-len(login.SuffixA):
		return t, rotation.Permanentf("The tag CredentialId is too long for class A: with _a or _b at its end it must fit in %d bytes.", maxNameBytes)
	}
	if t.current, err = t.loginOf(s.Current); err != nil {
		return t, err
	}
	for _, user := range []string{t.current.User, t.owner, t.owner + login.SuffixA, t.owner + login.SuffixB} {
		if t.admin != nil && user == t.admin.User {
			return t, rotation.Permanentf("The login of AdminSecret can't be the owner, the secret's login or one of the two that take turns. Name another administrator in the tag AdminSecret.")
		}
	}
	return t, checkName("CredentialId", t.owner)
}

func (t target) readSingle(s rotation.Subject) (_ target, err error) {
	if t.current, err = login.Parse(s.Current, s.CredentialID, login.Field(t.field)); err != nil {
		return t, err
	}
	if err := login.CheckUser(t.current.User, s.CredentialID); err != nil {
		return t, err
	}
	if t.admin != nil && t.admin.User == t.current.User {
		return t, rotation.Permanentf("The secret's login is AdminSecret's own. Remove the tag AdminSecret: a login can change its own password.")
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
	return l, checkName("user name", l.User)
}

func checkName(what, name string) error {
	if len(name) > maxNameBytes || strings.ContainsFunc(name, unicode.IsControl) {
		return rotation.Permanentf("The %s can't be the name of a PostgreSQL role. Use at most %d bytes and no control characters.", what, maxNameBytes)
	}
	return nil
}

// pair returns the two logins that take turns in class A.
func (t target) pair() login.Pair { return login.Pair{Role: t.owner} }

// changed returns the roles that this and the next rotation change, and that bear a mark: in class
// A the pair, and in class S the login, if an administrator changes it.
func (t target) changed() []string {
	switch {
	case t.class == rotation.Alternating:
		return []string{t.owner + login.SuffixA, t.owner + login.SuffixB}
	case t.admin == nil:
		return nil
	}
	return []string{t.current.User}
}

// nextUser returns the user that logs in after this rotation.
func (t target) nextUser() string {
	if t.class == rotation.Single {
		return t.current.User
	}
	return t.pair().Next(t.current.User)
}

// identity names what is rotated, in the plan and in the server's lock.
func (t target) identity() string {
	if t.class == rotation.Alternating {
		return t.database.String() + " as " + t.owner
	}
	return t.database.String() + " as " + t.current.User
}
