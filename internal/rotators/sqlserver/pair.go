package sqlserver

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// pairStatements returns what makes one of the two logins of class A valid, or repairs it.
func (t target) pairStatements(ctx context.Context, session *session, next login.Login) ([]string, error) {
	current, err := t.claims(ctx, session)
	if err != nil {
		return nil, err
	}
	found, err := t.pairUser(ctx, session, next.User)
	if err != nil {
		return nil, err
	}
	var statements []string
	if found == nil {
		statements = create(session.info, next, cmp.Or(current.schema, "dbo"))
		statements = append(statements, t.markStatement(next.User))
	} else {
		statements = setPassword(*found, next.User, next.Password)
		if !found.isContained {
			statements = append(statements, "ALTER LOGIN "+quoteName(next.User)+" ENABLE")
		}
	}
	if found == nil || !found.isMember {
		statements = append(statements, "ALTER ROLE "+quoteName(t.role)+" ADD MEMBER "+quoteName(next.User))
	}
	if t.pair().Includes(current.name) && current.mark == "" {
		statements = append(statements, t.markStatement(current.name))
	}
	return statements, nil
}

// create makes a user with a password if the database allows it, and else a login with a user. The
// rotation does the expiring.
func create(at info, l login.Login, schema string) []string {
	name, password := quoteName(l.User), quoteText(l.Password.Reveal())
	if at.contained {
		return []string{"CREATE USER " + name + " WITH PASSWORD = " + password + ", DEFAULT_SCHEMA = " + quoteName(schema)}
	}
	return []string{
		"CREATE LOGIN " + name + " WITH PASSWORD = " + password + ", DEFAULT_DATABASE = " + quoteName(at.database) + ", CHECK_EXPIRATION = OFF, CHECK_POLICY = ON",
		"CREATE USER " + name + " FOR LOGIN " + name + " WITH DEFAULT_SCHEMA = " + quoteName(schema),
	}
}

// claims checks that the role exists and that the secret has a claim to it: the current login
// bears the secret's mark, or proves by its password that it is a member of the role.
func (t target) claims(ctx context.Context, session *session) (current principal, _ error) {
	found, err := session.principals(ctx, "", t.role)
	if err != nil {
		return current, err
	}
	if err := t.checkRole(found); err != nil {
		return current, err
	}
	found, err = session.principals(ctx, t.role, t.principal(t.current.User))
	if err != nil {
		return current, err
	}
	current, _ = chosen(found)
	if err := t.checkMark(current); err != nil {
		return current, err
	}
	if t.isOurs(current) {
		return current, nil
	}
	return current, t.prove(ctx)
}

func (t target) checkRole(found []principal) error {
	isNamed := func(p principal) bool { return strings.EqualFold(p.name, t.role) }
	at := slices.IndexFunc(found, isNamed)
	switch {
	case at < 0:
		return rotation.Temporaryf("The database has no role %s, which the tag CredentialId names. Create it, or correct the tag.", t.role)
	case !found[at].isRole:
		return rotation.Permanentf("The tag CredentialId names %s, which is a user. In class A it must name a database role: run CREATE ROLE, give it the rights that the application needs, and make the user its member.", t.role)
	}
	return nil
}

// pairUser returns the user of one of the pair's logins, or nil if it is to be created.
func (t target) pairUser(ctx context.Context, session *session, name string) (*principal, error) {
	found, err := session.principals(ctx, t.role, name)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		return &found[0], t.checkPairUser(found[0], name)
	}
	if session.info.contained {
		return nil, nil
	}
	if stray, err := session.hasLogin(ctx, name); err != nil || stray {
		return nil, cmp.Or(err, t.strayLogin(name))
	}
	return nil, nil
}

// checkPairUser checks that a user that exists is the secret's, and that it logs in by its name.
func (t target) checkPairUser(p principal, name string) error {
	isCurrent := strings.EqualFold(name, t.current.User) // whose password proves it
	switch err := t.checkMark(p); {
	case err != nil:
		return err
	case p.mark == "" && !isCurrent:
		return t.nobodysLogin(p)
	case !p.isContained && !strings.EqualFold(p.login, name), !strings.EqualFold(p.name, name):
		return t.orphan(p.name)
	case !p.isHere && !isCurrent:
		return t.elsewhere(p)
	}
	return nil
}

func (t target) orphan(name string) error {
	return rotation.Permanentf("The user %s exists in the database without a login of the same name. Drop the user, so that Rotunda creates both anew.", t.shown(name))
}
