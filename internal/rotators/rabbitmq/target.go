package rabbitmq

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// maxNameBytes is how long a name may be: AMQP's short strings have 255 bytes.
const maxNameBytes = 255

// target is what a subject says about the users of an application.
type target struct {
	mark    string // of the secret's users
	server  server
	owner   string
	current login.Login
	admin   login.Login
	field   string       // the tag ValueField
	next    secret.Value // the password that is applied
}

// readTarget reads a subject and finds everything wrong with it before any server is called.
func readTarget(s rotation.Subject) (t target, err error) {
	t.mark, t.owner, t.field = markOf(s.Owner), s.CredentialID, s.Tags[rotation.TagValueField]
	if t.server, err = parseAddress(s.Address, s.Trust); err != nil {
		return t, err
	}
	if _, err = class.Choose(s.Tags, "RabbitMQ", rotation.Alternating); err != nil {
		return t, err
	}
	admin, err := login.ParseAdmin(s.Admin)
	if err != nil {
		return t, err
	}
	if admin == nil {
		return t, rotation.Permanentf("RabbitMQ lets only administrators change users. Name the secret of one in the tag AdminSecret.")
	}
	t.admin = *admin
	if err = t.checkOwnerName(); err != nil {
		return t, err
	}
	if t.current, err = t.loginOf(s.Current); err != nil {
		return t, err
	}
	return t, t.checkUsers()
}

func (t target) checkOwnerName() error {
	switch {
	case t.owner == "":
		return rotation.Permanentf("RabbitMQ's rotation needs the tag CredentialId. Set it to the user that has the application's permissions; the two users that take turns get the same.")
	case len(t.owner) > maxNameBytes-len(login.SuffixA):
		return rotation.Permanentf("The tag CredentialId is too long: with _a or _b at its end it must fit in %d bytes.", maxNameBytes)
	}
	return checkName("tag CredentialId", t.owner)
}

// checkUsers keeps the rotation from users that are not the application's. Nobody gets an owner's
// permissions who is not the owner: a tag alone proves nothing.
func (t target) checkUsers() error {
	if t.current.User != t.owner && !t.pair().Includes(t.current.User) {
		return rotation.Permanentf("The user in the secret's value must be the one in the tag CredentialId, or one of %s. Correct the tag, or store the owner's login.", t.pair())
	}
	if t.admin.User == t.owner || t.pair().Includes(t.admin.User) {
		return rotation.Permanentf("The login of AdminSecret can't be the owner, or one of the two that take turns. Name another administrator in the tag AdminSecret.")
	}
	return checkName("user name in the value of AdminSecret", t.admin.User)
}

// loginOf reads a value that names its user.
func (t target) loginOf(value secret.Value) (login.Login, error) {
	l, err := login.Parse(value, t.owner, login.Field(t.field))
	if err != nil {
		return l, err
	}
	if err := l.CheckNamesUser(); err != nil {
		return l, err
	}
	return l, checkName("user name in the secret's value", l.User)
}

// checkName refuses what HTTP's Basic authentication can't carry, and what a path would not lead
// to.
func checkName(what, name string) error {
	if len(name) > maxNameBytes || strings.Contains(name, ":") || name == "." || name == ".." || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return rotation.Permanentf("The %s can't be used with RabbitMQ's management API. Use at most %d bytes of UTF-8, without colons and control characters.", what, maxNameBytes)
	}
	return nil
}

// pair returns the two users that take turns.
func (t target) pair() login.Pair { return login.Pair{Role: t.owner} }
