package sqlserver

import (
	"context"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

const changing = "Changing the password"

// Apply implements rotation.Setter.
func (r Rotator) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence rotation.Fence) error {
	target, err := r.readTarget(s)
	if err != nil {
		return err
	}
	renewed, err := target.loginOf(next)
	if err != nil {
		return err
	}
	target.next = renewed.Password
	if err := target.checkMayChange(renewed); err != nil {
		return err
	}
	session, err := target.open(ctx)
	if err != nil {
		return target.unlessApplied(ctx, renewed, err)
	}
	defer session.close()
	if target.admin == nil {
		return target.applyOwn(ctx, session, renewed, fence)
	}
	return target.applyByAdmin(ctx, session, renewed, fence)
}

// checkMayChange keeps Apply from logins that are not the rotation's and, in class A, from the one
// that readers use now.
func (t target) checkMayChange(next login.Login) error {
	isCurrent := strings.EqualFold(next.User, t.current.User)
	switch {
	case t.class == rotation.Single && !isCurrent, t.class == rotation.Alternating && !t.pair().Includes(next.User):
		return rotation.Permanentf("The new value is for a login that this rotation does not change. Check the tag CredentialId and the user name in the secret's value.")
	case t.class == rotation.Alternating && isCurrent && !next.Password.Equal(t.current.Password):
		return rotation.Permanentf("The new value is for the login that readers use now, whose password must not change. Check the user name in the secret's value.")
	}
	return nil
}

// open logs in as the login that changes passwords.
func (t target) open(ctx context.Context) (*session, error) {
	l := t.current
	if t.admin != nil {
		l = *t.admin
	}
	session, err := t.server.logIn(ctx, l)
	if err != nil {
		return nil, err
	}
	if err := session.readInfo(ctx); err != nil {
		session.close()
		return nil, err
	}
	return session, nil
}

// openFault says why open failed.
func (t target) openFault(err error) error {
	switch {
	case !refusesLogin(err):
		return newFault("The login that changes the password", err)
	case t.admin != nil:
		return rotation.Temporaryf("The server refuses the login of AdminSecret. Set that secret to what logs in.")
	}
	return rejectedLogin()
}

// unlessApplied returns nil if a login that changes its own password was refused because it has
// the new password already.
func (t target) unlessApplied(ctx context.Context, next login.Login, err error) error {
	if t.admin != nil || !refusesLogin(err) {
		return t.openFault(err)
	}
	session, err := t.server.logIn(ctx, next)
	if err != nil {
		return rotation.Temporaryf("The server refuses the current password and the new one, so the login can't change its password. Name an administrator in the tag AdminSecret.")
	}
	session.close()
	return nil
}

// applyOwn lets a login change its own password. That the statement has the old one keeps two
// workers apart.
func (t target) applyOwn(ctx context.Context, session *session, next login.Login, fence rotation.Fence) error {
	if err := fence(ctx); err != nil {
		return err
	}
	what := "LOGIN"
	if session.info.ownUser {
		what = "USER"
	}
	return t.changed(session.exec(ctx, "ALTER "+what+" "+quoteName(session.info.login)+" WITH PASSWORD = "+quoteText(next.Password.Reveal())+
		" OLD_PASSWORD = "+quoteText(t.current.Password.Reveal())))
}

// changed returns what a change's error means.
func (t target) changed(err error) error {
	switch {
	case err == nil:
		return nil
	case refusesPassword(err):
		return rotation.RefusedByPolicy(policy)
	}
	return newFault(changing, err)
}

func (t target) applyByAdmin(ctx context.Context, session *session, next login.Login, fence rotation.Fence) error {
	if err := t.checkSecret(); err != nil {
		return err
	}
	name := t.principal(next.User)
	if t.class == rotation.Alternating {
		name = t.role
	}
	if err := session.lock(ctx, name); err != nil {
		return err
	}
	statements, err := t.statements(ctx, session, next)
	if err != nil {
		return newFault(changing, err)
	}
	if err := fence(ctx); err != nil {
		return err
	}
	return t.changed(session.inTransaction(ctx, statements...))
}

// statements checks that all that the rotation changes is the secret's, and returns what changes
// it.
func (t target) statements(ctx context.Context, session *session, next login.Login) ([]string, error) {
	if t.class == rotation.Alternating {
		return t.pairStatements(ctx, session, next)
	}
	found, err := session.principals(ctx, "", t.principal(next.User))
	if err != nil {
		return nil, err
	}
	user, isUser := chosen(found)
	if err := t.checkMark(user); err != nil {
		return nil, err
	}
	if !t.isOurs(user) {
		if err := t.proveEither(ctx, next); err != nil {
			return nil, err
		}
	}
	statements := setPassword(user, t.principal(next.User), next.Password)
	if isUser && user.mark == "" {
		statements = append([]string{t.markStatement(user.name)}, statements...)
	}
	return statements, nil
}

// proveEither is prove for a change of a login's own password, which may have been made already.
func (t target) proveEither(ctx context.Context, next login.Login) error {
	err := t.prove(ctx)
	if err == nil || next.Password.Equal(t.current.Password) {
		return err
	}
	if verdict, _ := t.tryLogin(ctx, next); verdict == rotation.Accepted {
		return nil
	}
	return err
}

// chosen returns the user that logs in by a name: one with a password of its own, or that of a
// login. The server looks for them in this order.
func chosen(found []principal) (principal, bool) {
	for _, p := range found {
		if p.isContained {
			return p, true
		}
	}
	for _, p := range found {
		if p.login != "" && !p.isRole {
			return p, true
		}
	}
	return principal{}, false
}

// setPassword returns what sets a password: of a user that has one, or else of a login.
func setPassword(user principal, login string, password secret.Value) []string {
	if user.isContained {
		return []string{"ALTER USER " + quoteName(user.name) + " WITH PASSWORD = " + quoteText(password.Reveal())}
	}
	return []string{"ALTER LOGIN " + quoteName(login) + " WITH PASSWORD = " + quoteText(password.Reveal())}
}
