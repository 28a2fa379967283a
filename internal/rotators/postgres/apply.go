package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Apply implements rotation.Setter.
func (Rotator) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence rotation.Fence) error {
	target, err := readTarget(s)
	if err != nil {
		return err
	}
	renewed, err := target.loginOf(next)
	if err != nil {
		return err
	}
	if err := target.checkMayChange(renewed); err != nil {
		return err
	}
	if target.byPair() {
		return target.applyPair(ctx, renewed, fence)
	}
	changes, err := target.changesFor(renewed)
	if err != nil {
		return err
	}
	session, err := target.open(ctx)
	if err != nil {
		return target.unlessApplied(ctx, renewed, err)
	}
	defer session.close()
	return target.apply(ctx, session, changes, fence)
}

// checkMayChange keeps Apply from logins that are not the rotation's and, in class A, from the one
// that readers use now.
func (t target) checkMayChange(next login.Login) error {
	if t.class == rotation.Single {
		return login.CheckSameUser(t.current, next)
	}
	return t.pair().CheckNext(t.current, next)
}

// open logs in as the login that changes passwords.
func (t target) open(ctx context.Context) (*session, error) {
	if t.admin != nil {
		return t.database.logIn(ctx, *t.admin)
	}
	return t.database.logIn(ctx, t.current)
}

// unlessApplied returns nil if a login that changes its own password was refused because it has
// the new password already.
func (t target) unlessApplied(ctx context.Context, next login.Login, err error) error {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); !ok || !refusesLogin(refusal) || t.admin != nil {
		return t.openFault(err)
	}
	session, err := t.database.logIn(ctx, next)
	if err != nil {
		return rotation.Temporaryf("The server refuses the current password and the new one, so the login can't change its password. Name an administrator in the tag AdminSecret.")
	}
	session.close()
	return nil
}

// openFault says why open failed.
func (t target) openFault(err error) error {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok || !refusesLogin(refusal):
		return t.database.loginFault("The login that changes the password", err)
	case t.admin != nil:
		return rotation.Temporaryf("The server refuses the login of AdminSecret. Set that secret to what logs in.")
	}
	return rejectedLogin(refusal)
}

// change is a login that gets a new password.
type change struct{ user, verifier string }

func newChanges(logins ...login.Login) (changes []change, _ error) {
	for _, l := range logins {
		verifier, err := newVerifier(l.Password)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change{l.User, verifier})
	}
	return changes, nil
}

// changesFor returns what a rotation changes when next is the new login.
func (t target) changesFor(next login.Login) ([]change, error) {
	if t.byPair() {
		return t.changesOfPair(next)
	}
	return newChanges(next)
}

// apply sets passwords in a transaction. When fence or a statement fails, closing the session
// rolls it back.
func (t target) apply(ctx context.Context, session *session, changes []change, fence rotation.Fence) error {
	if err := session.beginLocked(ctx, t.identity()); err != nil {
		return err
	}
	claimed, err := t.claims(ctx, session, t.prove)
	if err != nil {
		return newFault(changing, err)
	}
	if err := fence(ctx); err != nil {
		return err
	}
	if err := t.change(ctx, session, changes, claimed); err != nil {
		return err
	}
	return session.commit(ctx)
}

// change does what Apply does to the server, short of the commit.
func (t target) change(ctx context.Context, session *session, changes []change, claimed []string) error {
	for _, c := range changes {
		if err := t.set(ctx, session, c); err != nil {
			return err
		}
	}
	for _, name := range claimed {
		changed := slices.ContainsFunc(changes, func(c change) bool { return c.user == name })
		if t.itself || !changed && name != t.current.User { // it is created when its turn comes
			continue
		}
		if err := t.claim(ctx, session, name); err != nil {
			return newFault(changing, err)
		}
	}
	return nil
}

// set creates or repairs a login as far as the session may, and sets its password.
func (t target) set(ctx context.Context, session *session, c change) error {
	explain := func(err error) error { return newFault(changing, err) }
	err := t.prepare(ctx, session, c.user)
	if err == nil {
		err, explain = session.exec(ctx, "ALTER ROLE "+quoteIdentifier(c.user)+" PASSWORD '"+c.verifier+"'"), passwordFault
	}
	switch refusal, ok := errors.AsType[*pgconn.PgError](err); {
	case err == nil:
		return nil
	case ok && t.byPair() && !t.itself && t.pair().Includes(t.current.User) && (refusal.Code == insufficientPrivilege || refusal.Code == invalidGrant):
		return t.noAuthority(c.user)
	}
	return explain(err)
}

// asItself ends the acting as another role: the right to change its own password a login has only
// as itself.
const asItself = "SET LOCAL ROLE none"

func (t target) prepare(ctx context.Context, session *session, user string) error {
	switch {
	case t.itself:
		if err := session.exec(ctx, asItself, "ALTER ROLE "+quoteIdentifier(user)+" SET ROLE "+quoteIdentifier(t.owner)); err != nil {
			return err
		}
		return t.copySettings(ctx, session, user)
	case t.class == rotation.Alternating:
		return t.ensureLogin(ctx, session, user)
	case t.admin == nil:
		return session.exec(ctx, asItself)
	}
	return nil
}

// ensureLogin creates a login of class A, or repairs it. What its owner has by ALTER ROLE, it has
// too: settings, the limit of connections and the end of validity. A limit of 0 keeps people from
// the owner, and is not for the pair.
func (t target) ensureLogin(ctx context.Context, session *session, user string) error {
	found, err := session.role(ctx, user, 0)
	if err != nil {
		return err
	}
	source, err := session.role(ctx, t.owner, 0)
	if err != nil {
		return err
	}
	if !source.exists {
		return t.noOwner()
	}
	role, owner := quoteIdentifier(user), quoteIdentifier(t.owner)
	if !found.exists {
		if err := session.exec(ctx, "CREATE ROLE "+role); err != nil {
			return err
		}
	}
	if err := session.exec(ctx, "ALTER ROLE "+role+" LOGIN VALID UNTIL "+quoteLiteral(source.validUntil),
		"GRANT "+owner+" TO "+role,
		"ALTER ROLE "+role+" SET ROLE "+owner); err != nil {
		return err
	}
	if source.limit != "0" {
		if err := session.exec(ctx, "ALTER ROLE "+role+" CONNECTION LIMIT "+source.limit); err != nil {
			return err
		}
	}
	return t.copySettings(ctx, session, user)
}

func (t target) noOwner() error {
	return rotation.Temporaryf("The role %s in the tag CredentialId does not exist at the server. Create it, or correct the tag.", t.owner)
}
