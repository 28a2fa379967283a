package sqlserver

import (
	"context"
	"strings"
	"unicode"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// property is the extended property of a user that names the secret to which the user belongs. Who
// may alter a user may set it, and sees it (learn.microsoft.com/sql, "sp_addextendedproperty").
const property = "Rotunda"

// isOurs reports whether a user bears the secret's mark, in a place where only those can write it
// who may change the password.
func (t target) isOurs(p principal) bool { return t.bearsMark(p) && p.isHere }

func (t target) bearsMark(p principal) bool { return t.secret != "" && p.mark == t.secret }

// checkMark returns a fault if a user bears another secret's mark.
func (t target) checkMark(p principal) error {
	if p.mark == "" || t.bearsMark(p) {
		return nil
	}
	p.name = t.shown(p.name)
	other := "another secret"
	if name := login.OwnerIn(p.mark, t.passwords()); name != "" {
		other = "the secret " + name
	}
	return rotation.Permanentf("The user %s belongs to %s, as its extended property %s says. A login may be rotated by one secret only: remove the rotation tags of one of them, "+
		"or use another login. If it now belongs to this secret, run: EXEC sp_dropextendedproperty N'%s', N'USER', %s; %s", p.name, other, property, property, quoteText(p.name), t.markStatement(p.name))
}

// passwords are those that the server may know, and so may repeat.
func (t target) passwords() []string {
	return append(login.Passwords(&t.current, t.admin), t.next.Reveal())
}

// shown returns a name that the server has told, as a fault may have it: a server that lies may
// call a user by a password.
func (t target) shown(name string) string {
	if login.Repeats(name, t.passwords()...) {
		return "(its name is withheld, because it repeats part of a password)"
	}
	return name
}

// checkSecret makes sure that a mark can name the secret.
func (t target) checkSecret() error {
	if t.secret == "" || strings.ContainsFunc(t.secret, unicode.IsControl) {
		return rotation.Permanentf("Rotunda does not know the name of the secret, with which it marks users at the server. This is an error in Rotunda.")
	}
	return nil
}

func (t target) markStatement(name string) string {
	return "EXEC sys.sp_addextendedproperty @name = N'" + property + "', @value = " + quoteText(t.secret) + ", @level0type = N'USER', @level0name = " + quoteText(name)
}

func (t target) nobodysLogin(p principal) error {
	p.name, p.login = t.shown(p.name), t.shown(p.login)
	return rotation.Permanentf("The user %s exists in the database, and nothing shows that Rotunda made it for this secret. If it is this secret's, run: %s; %sOtherwise drop it, or set the tag CredentialId to another role.",
		p.name, t.markStatement(p.name), t.moveStatement(p))
}

// moveStatement gives a login to the database, which the mark of its user needs.
func (t target) moveStatement(p principal) string {
	if p.login == "" {
		return ""
	}
	return "ALTER LOGIN " + quoteName(p.login) + " WITH DEFAULT_DATABASE = " + quoteName(t.server.Database) + "; "
}

// elsewhere is about a mark that whoever owns the database could have written.
func (t target) elsewhere(p principal) error {
	p.name, p.login = t.shown(p.name), t.shown(p.login)
	return rotation.Permanentf("The login %s of the user %s has another default database, so the user's mark in this one does not show that Rotunda made the login for this secret. If it is this secret's, run: %sOtherwise drop the user, or set the tag CredentialId to another role.",
		p.login, p.name, t.moveStatement(p))
}

func (t target) strayLogin(name string) error {
	return rotation.Permanentf("The server has a login %s that has no user in the database, and Rotunda changes no such login. Drop it, or set the tag CredentialId to another role.", name)
}

func (t target) unproven() error {
	return rotation.Permanentf("Nothing proves that the login is this secret's: it has no mark at the server, or none in its default database, and the secret's current value does not log in. Set the secret to a value that logs in.")
}

// prove logs in with the current value. Only a secret that holds a login's password has a claim to
// it, whatever a record or a tag says.
func (t target) prove(ctx context.Context) error {
	verdict, err := t.probe(ctx, t.current)
	switch verdict {
	case rotation.Accepted:
		return nil
	case rotation.Rejected:
		return t.unproven()
	}
	return err
}
