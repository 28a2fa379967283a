package rotators

import (
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// maxPostgresName is how long a role's name may be; PostgreSQL cuts off the rest without an error.
const maxPostgresName = 63

// postgresTarget is what a subject says of a PostgreSQL login.
type postgresTarget struct {
	address postgresAddress
	class   rotation.Class
	owner   string // class A
	current login
	admin   *login // nil without AdminSecret
}

// readPostgres reads a subject, and finds all that is wrong with it before anybody is asked.
func readPostgres(s rotation.Subject) (t postgresTarget, err error) {
	if t.address, err = parsePostgresAddress(s.Address); err != nil {
		return t, err
	}
	if t.class, err = postgresClass(s); err != nil {
		return t, err
	}
	if s.Admin.IsSet() {
		admin, err := parseAdmin(s.Admin)
		if err != nil {
			return t, err
		}
		t.admin = &admin
	}
	if t.class == rotation.Alternating {
		return t.readAlternating(s)
	}
	return t.readSingle(s)
}

func postgresClass(s rotation.Subject) (rotation.Class, error) {
	class := rotation.Class(s.Tags[tagClass])
	switch {
	case class == "" && s.Admin.IsSet():
		return rotation.Alternating, nil
	case class == "":
		return rotation.Single, nil
	case class == rotation.Alternating && !s.Admin.IsSet():
		return "", rotation.Permanentf("Class A needs an administrator that makes the two logins: name its secret in the tag AdminSecret, or set RotationClass=S.")
	case class != rotation.Alternating && class != rotation.Single:
		return "", rotation.Permanentf("The tag %s must be A or S for PostgreSQL, or absent.", tagClass)
	}
	return class, nil
}

func (t postgresTarget) readAlternating(s rotation.Subject) (_ postgresTarget, err error) {
	t.owner = s.CredentialID
	switch {
	case t.owner == "":
		return t, rotation.Permanentf("Class A needs the tag CredentialId: the role that owns what the application has, of which the two logins are members.")
	case len(t.owner) > maxPostgresName-len(suffixA):
		return t, rotation.Permanentf("The tag CredentialId is too long for class A: with _a or _b at its end it must fit in %d bytes.", maxPostgresName)
	}
	if t.current, err = t.loginOf(s.Current); err != nil {
		return t, err
	}
	for _, user := range []string{t.current.user, t.owner, t.owner + suffixA, t.owner + suffixB} {
		if user == t.admin.user {
			return t, rotation.Permanentf("The login of AdminSecret can't be the owner or one of the logins that it alternates. Use another administrator.")
		}
	}
	return t, checkPostgresName("CredentialId", t.owner)
}

func (t postgresTarget) readSingle(s rotation.Subject) (_ postgresTarget, err error) {
	if t.current, err = parseLogin(s.Current, s.CredentialID); err != nil {
		return t, err
	}
	switch {
	case s.CredentialID != "" && t.current.user != s.CredentialID:
		return t, rotation.Permanentf("The secret's value is for another login than the tag CredentialId says. Mend the tag or leave it out.")
	case t.admin != nil && t.admin.user == t.current.user:
		return t, rotation.Permanentf("The login is AdminSecret's own. Leave AdminSecret out: a login can change its own password.")
	}
	return t, checkPostgresName("user name", t.current.user)
}

// loginOf reads a value of the target's class: one of class A must say its user.
func (t postgresTarget) loginOf(value secret.Value) (login, error) {
	if t.class == rotation.Single {
		return parseLogin(value, t.current.user)
	}
	l, err := parseLogin(value, t.owner)
	if err != nil {
		return l, err
	}
	if l.bare {
		return l, rotation.Permanentf("The secret's value is a bare password, but in class A the user name changes too: make it a URL or JSON with username and password, or set RotationClass=S.")
	}
	return l, checkPostgresName("user name", l.user)
}

func checkPostgresName(what, name string) error {
	if len(name) > maxPostgresName || strings.ContainsFunc(name, isControl) {
		return rotation.Permanentf("The %s can't be a role of PostgreSQL: it must have at most %d bytes and no control characters.", what, maxPostgresName)
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// What the names of the two logins end in.
const (
	suffixA = "_a"
	suffixB = "_b"
)

// nextUser is who logs in after this rotation.
func (t postgresTarget) nextUser() string {
	switch {
	case t.class == rotation.Single:
		return t.current.user
	case t.current.user == t.owner+suffixA:
		return t.owner + suffixB
	}
	return t.owner + suffixA
}

// alternates tells the two logins from one that a first rotation starts from.
func (t postgresTarget) alternates(user string) bool {
	return user == t.owner+suffixA || user == t.owner+suffixB
}

// identity is also what the lock on the server is made of.
func (t postgresTarget) identity() string {
	if t.class == rotation.Alternating {
		return t.address.String() + " as " + t.owner
	}
	return t.address.String() + " as " + t.current.user
}
