package postgres

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// markPrefix begins the line of a role's comment that names the secret to which the role belongs,
// such as "Rotunda: contoso.vault.azure.net/orders-db". Other lines are people's own. pg_dumpall
// keeps comments of roles, everybody may read them, and whoever may change a role may set its
// comment (ref/comment.sgml).
const markPrefix = "Rotunda: "

// ownership is what a role's comment says about a secret's claim to it.
type ownership int

const (
	unmarked ownership = iota
	markedOurs
	markedOther
)

// marks returns the owners that a comment names.
func marks(comment string) []string {
	var owners []string
	for line := range strings.Lines(comment) {
		if owner, ok := strings.CutPrefix(strings.TrimSpace(line), markPrefix); ok {
			owners = append(owners, strings.TrimSpace(owner))
		}
	}
	return owners
}

func (t target) ownershipOf(r role) ownership {
	named := marks(r.comment)
	switch {
	case len(named) == 0:
		return unmarked
	case t.secret != "" && !slices.ContainsFunc(named, func(owner string) bool { return owner != t.secret }):
		return markedOurs
	}
	return markedOther
}

// claim marks a role as the secret's, in the transaction that changes it. Advisory locks are per
// database and roles are not: the row that ALTER ROLE locks keeps two workers apart, so the mark
// is read once more after it.
func (t target) claim(ctx context.Context, session *session, name string) error {
	if err := session.exec(ctx, "ALTER ROLE "+quoteIdentifier(name)+" LOGIN"); err != nil {
		return err
	}
	found, err := session.role(ctx, name, 0)
	if err != nil {
		return err
	}
	switch t.ownershipOf(found) {
	case markedOurs:
		return nil
	case markedOther:
		return t.otherOwner(found)
	}
	comment := strings.TrimSpace(found.comment + "\n" + markPrefix + t.secret)
	return session.exec(ctx, "COMMENT ON ROLE "+quoteIdentifier(name)+" IS "+quoteLiteral(comment))
}

// checkSecret makes sure that a mark can name the secret.
func (t target) checkSecret() error {
	if t.secret == "" || strings.ContainsFunc(t.secret, unicode.IsControl) {
		return rotation.Permanentf("Rotunda does not know the name of the secret, with which it marks logins at the server. This is an error in Rotunda.")
	}
	return nil
}

func (t target) otherOwner(r role) error {
	other := "another secret"
	for _, owner := range marks(r.comment) {
		if name := login.OwnerIn(owner, login.Passwords(&t.current, t.admin)); name != "" && owner != t.secret {
			other = "the secret " + name
		}
	}
	return rotation.Permanentf("The login %s belongs to %s, as its comment at the server says. A login may be rotated by one secret only: remove the rotation tags of one of them, "+
		"or use another login. If it now belongs to this secret, run: %s", r.name, other, t.markStatement(r.name))
}

func (t target) nobodysLogin(name string) error {
	return rotation.Permanentf("The login %s exists at the server, and nothing shows that Rotunda made it for this secret. If it is this secret's, run: %s Otherwise set the tag CredentialId to another role.",
		name, t.markStatement(name))
}

func (t target) unproven(name string) error {
	return rotation.Permanentf("Nothing proves that the login %s is this secret's: it has no mark at the server, and the secret's current value does not log in. "+
		"Set the secret to a value that logs in, or if the login is this secret's, run: %s", name, t.markStatement(name))
}

// markStatement is what an administrator runs to give a login to the secret.
func (t target) markStatement(name string) string {
	return "COMMENT ON ROLE " + quoteIdentifier(name) + " IS " + quoteLiteral(markPrefix+t.secret) + ";"
}
