package sqlserver

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// maxName is how many UTF-16 units a name may have (the type sysname).
const maxName = 128

// target is what a subject says about a login.
type target struct {
	secret  string // the vault's and the secret's name, for marks
	server  server
	class   rotation.Class
	role    string // in class A
	current login.Login
	admin   *login.Login // nil without AdminSecret
	field   string       // the tag ValueField
	next    secret.Value // the password that is applied
}

// readTarget reads a subject and finds everything wrong with it before any server is called.
func (r Rotator) readTarget(s rotation.Subject) (t target, err error) {
	t.secret, t.field = s.Owner, s.Tags[rotation.TagValueField]
	if t.server, err = r.parseAddress(s.Address, s.Trust); err != nil {
		return t, err
	}
	t.server.dial = r.dial
	if t.class, err = class.ChooseForPair(s, "SQL Server"); err != nil {
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

// systemDatabases are no place for an application's users.
var systemDatabases = []string{"", "master", "model", "msdb", "tempdb"}

func (t target) readAlternating(s rotation.Subject) (_ target, err error) {
	t.role = s.CredentialID
	switch {
	case t.role == "":
		return t, rotation.Permanentf("Class A needs the tag CredentialId. Set it to the database role that has the application's rights; the two logins are its members.")
	case slices.Contains(systemDatabases, strings.ToLower(t.server.Database)):
		return t, rotation.Permanentf("Class A needs the application's database in the tag ProviderAddress, such as sqlserver://host:1433/orders. Add it, or set the tag RotationClass to S.")
	case units(t.role) > maxName-len(login.SuffixA):
		return t, rotation.Permanentf("The tag CredentialId is too long for class A: with _a or _b at its end it must fit in %d characters.", maxName)
	}
	if t.current, err = t.loginOf(s.Current); err != nil {
		return t, err
	}
	for _, user := range []string{t.current.User, t.role, t.role + login.SuffixA, t.role + login.SuffixB} {
		if strings.EqualFold(user, t.admin.User) {
			return t, rotation.Permanentf("The login of AdminSecret can't be the role, the secret's login or one of the two that take turns. Name another administrator in the tag AdminSecret.")
		}
	}
	return t, checkLogin("tag CredentialId", t.role)
}

func (t target) readSingle(s rotation.Subject) (_ target, err error) {
	if t.current, err = login.Parse(s.Current, s.CredentialID, login.Field(t.field)); err != nil {
		return t, err
	}
	if err := login.CheckUser(t.current.User, s.CredentialID); err != nil {
		return t, err
	}
	if t.admin != nil && strings.EqualFold(t.admin.User, t.current.User) {
		return t, rotation.Permanentf("The secret's login is AdminSecret's own. Remove the tag AdminSecret: a login can change its own password.")
	}
	return t, checkLogin("user name", t.current.User)
}

// loginOf reads a value of the target's class. In class A it must name its user.
func (t target) loginOf(value secret.Value) (login.Login, error) {
	if t.class == rotation.Single {
		return login.Parse(value, t.current.User, login.Field(t.field))
	}
	l, err := login.Parse(value, t.role, login.Field(t.field))
	if err != nil {
		return l, err
	}
	if err := l.CheckNamesUser(); err != nil {
		return l, err
	}
	return l, checkLogin("user name", l.User)
}

func units(text string) int { return len(utf16.Encode([]rune(text))) }

func checkName(what, name string) error {
	if units(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return rotation.Permanentf("The %s can't be a name at SQL Server. Use at most %d characters and no control characters.", what, maxName)
	}
	return nil
}

func checkLogin(what, name string) error {
	if strings.Contains(name, `\`) {
		return rotation.Permanentf(`The %s has a backslash, as a Windows account has. SQL Server doesn't hold the passwords of these; only SQL Server logins and contained users can be rotated.`, what)
	}
	return checkName(what, name)
}

// pair returns the two logins that take turns in class A.
func (t target) pair() login.Pair { return login.Pair{Role: t.role} }

// nextUser returns the user that logs in after this rotation.
func (t target) nextUser() string {
	if t.class == rotation.Single {
		return t.current.User
	}
	return t.pair().Next(t.current.User)
}

// principal returns a user's name at the server. Connection strings for Azure SQL may have
// user@server.
func (t target) principal(user string) string {
	suffix, _, _ := strings.Cut(t.server.Host, ".")
	at := len(user) - len(suffix) - 1
	if azureDomain(t.server.Host) != "" && at > 0 && strings.EqualFold(user[at:], "@"+suffix) {
		return user[:at]
	}
	return user
}

// identity names what is rotated, in the plan and in the server's lock.
func (t target) identity() string {
	if t.class == rotation.Alternating {
		return t.server.String() + " as " + t.role
	}
	return t.server.String() + " as " + t.current.User
}
