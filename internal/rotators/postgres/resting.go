package postgres

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// A pair without AdminSecret, such as an administrator's own: neither of its logins may change the
// other. From PostgreSQL 16 on they can't: whoever changes a role's password is a member of it,
// and members in a circle are refused (postgres/postgres src/backend/commands/user.c, AlterRole,
// AddRoleMems). So each login changes its own password only. While it rests, it has one that is
// derived from the secret's value: whoever has the value, as Rotunda has when the turn comes, can
// log in as either, and nobody else can.

// byPair reports whether a rotation uses no authority but that of the secret's own logins.
func (t target) byPair() bool { return t.class == rotation.Alternating && t.admin == nil }

// resting returns the login of the pair that rests while current is in use. Its password is as
// hard to guess as the current one, and tells nothing of it.
func (t target) resting(user string, current login.Login) login.Login {
	mac := hmac.New(sha256.New, []byte(current.Password.Reveal()))
	mac.Write([]byte("Rotunda's password of the login that rests: " + user))
	return login.Login{User: user, Password: secret.NewValue(base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))}
}

// openPair logs in as a user of the pair that rests, and then target.itself is true. Otherwise it
// logs in as the current login, which may have the right to create the pair or to repair it.
func (t target) openPair(ctx context.Context, user string) (target, *session, error) {
	if t.pair().Includes(t.current.User) && user != t.current.User {
		session, err := t.tryToOpen(ctx, t.resting(user, t.current))
		if session != nil || err != nil {
			t.itself = session != nil
			return t, session, err
		}
	}
	session, err := t.openCurrent(ctx)
	return t, session, err
}

// tryToOpen returns no session if the server refuses the login.
func (t target) tryToOpen(ctx context.Context, l login.Login) (*session, error) {
	t.database.proves = true
	session, err := t.database.logIn(ctx, l)
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusesLogin(refusal) {
		return nil, nil
	}
	if err != nil {
		return nil, t.database.loginFault("The login of the pair", err)
	}
	return session, nil
}

func (t target) openCurrent(ctx context.Context) (*session, error) {
	session, err := t.database.logIn(ctx, t.current)
	if err != nil {
		return nil, t.openFault(err)
	}
	return session, nil
}

// applyPair is Apply for a pair without AdminSecret.
func (t target) applyPair(ctx context.Context, next login.Login, fence rotation.Fence) error {
	t, session, err := t.openPair(ctx, next.User)
	if err != nil {
		return err
	}
	defer session.close()
	if !t.itself && t.pair().Includes(t.current.User) { // an earlier attempt may have set it
		if done, err := t.tryToOpen(ctx, next); err != nil || done != nil {
			done.close()
			return err
		}
	}
	changes, err := t.changesOfPair(next)
	if err != nil {
		return err
	}
	return t.apply(ctx, session, changes, fence)
}

// changesOfPair returns the new password, and unless the login sets it itself, that of the other
// login, which rests from now on. The login that readers use now is not changed.
func (t target) changesOfPair(next login.Login) ([]change, error) {
	logins := []login.Login{next}
	if other := t.pair().Next(next.User); !t.itself && other != t.current.User {
		logins = append(logins, t.resting(other, next))
	}
	return newChanges(logins...)
}

// lookAtItself finds what a login of the pair lacks and can't give itself.
func (c *check) lookAtItself(ctx context.Context) error {
	itself, owner := c.nextUser(), role{}
	verdict, err := c.probeMembership(ctx, c.session, itself)
	if verdict == rotation.Unknown {
		return err
	}
	c.add(err)
	own, err := c.session.role(ctx, itself, 0)
	if err == nil {
		owner, err = c.session.role(ctx, c.owner, 0)
	}
	if err != nil || !owner.exists || own.validUntil == owner.validUntil && (own.limit == owner.limit || owner.limit == "0") {
		return err
	}
	limit := owner.limit
	if limit == "0" {
		limit = own.limit
	}
	c.warnings = append(c.warnings, fmt.Sprintf("The login %s has another CONNECTION LIMIT or VALID UNTIL than its owner, and can't change its own. An administrator can run: ALTER ROLE %s CONNECTION LIMIT %s VALID UNTIL %s;",
		itself, quoteIdentifier(itself), limit, quoteLiteral(owner.validUntil)))
	return nil
}

// retirePair lets the old login change its own password. If the secret no longer has a login of
// the pair, the other one goes too: who knows the old value could still log in as it.
func (t target) retirePair(ctx context.Context, old login.Login, fence rotation.Fence) error {
	inUse := t.pair().Includes(t.current.User)
	if t.pair().Includes(old.User) && !inUse {
		if err := t.end(ctx, t.resting(t.pair().Next(old.User), old), false, fence); err != nil {
			return err
		}
	}
	return t.end(ctx, old, inUse && t.pair().Includes(old.User), fence)
}

// end makes sure that a login's old password works no more.
func (t target) end(ctx context.Context, old login.Login, rests bool, fence rotation.Fence) error {
	found, err := t.endItself(ctx, old, rests, fence)
	if err != nil || found {
		return err
	}
	return t.mustBeGone(ctx, old)
}

// endItself logs in and changes the login's own password, to the one it rests with or to none. It
// reports whether the server let it in.
func (t target) endItself(ctx context.Context, old login.Login, rests bool, fence rotation.Fence) (bool, error) {
	session, err := t.tryToOpen(ctx, old)
	if session == nil {
		return false, err
	}
	defer session.close()
	password := "NULL"
	if rests {
		changes, err := newChanges(t.resting(old.User, t.current))
		if err != nil {
			return true, err
		}
		password = "'" + changes[0].verifier + "'"
	}
	return true, t.setItself(ctx, session, old.User, password, fence)
}

func (t target) setItself(ctx context.Context, session *session, user, password string, fence rotation.Fence) error {
	if err := session.beginLocked(ctx, t.identity()); err != nil {
		return err
	}
	found, err := session.role(ctx, user, 0)
	if err != nil {
		return newFault(changing, err)
	}
	if t.ownershipOf(found) == markedOther {
		return t.otherOwner(found)
	}
	if err := fence(ctx); err != nil {
		return err
	}
	if err := session.exec(ctx, asItself, "ALTER ROLE "+quoteIdentifier(user)+" PASSWORD "+password); err != nil {
		if err = passwordFault(err); errors.Is(err, rotation.ErrRefusedByPolicy) {
			return errVerifierRefused
		}
		return err
	}
	return session.commit(ctx)
}

// mustBeGone returns a fault if the old password may be refused for now only: the login can't
// change it then.
func (t target) mustBeGone(ctx context.Context, old login.Login) error {
	session, err := t.openCurrent(ctx)
	if err != nil {
		return err
	}
	defer session.close()
	found, err := session.role(ctx, old.User, 0)
	if err != nil {
		return newFault("The query for the old login", err)
	}
	if gone, err := t.isGone(ctx, found, old); err != nil || gone {
		return err
	}
	return rotation.Temporaryf("The login %s is turned off (NOLOGIN, or VALID UNTIL has passed), so it can't change its own password, which would work again once it is turned on. Run: ALTER ROLE %s LOGIN VALID UNTIL 'infinity'; or ALTER ROLE %[2]s PASSWORD NULL VALID UNTIL 'infinity';",
		old.User, quoteIdentifier(old.User))
}

// isGone reports whether the password of a login that was refused can't come back. The server
// checks it before NOLOGIN, but not once VALID UNTIL has passed (postgres/postgres
// src/backend/libpq/crypt.c, get_role_password).
func (t target) isGone(ctx context.Context, found role, old login.Login) (bool, error) {
	if !found.exists || found.logsIn && !found.endsSoon {
		return true, nil
	}
	if rests, err := t.rests(ctx, old.User); err != nil || rests || found.endsSoon {
		return rests, err
	}
	accepted, err := t.database.acceptsPassword(ctx, old)
	return err == nil && !accepted, err
}

// rests reports whether a login of the pair has the password that it rests with.
func (t target) rests(ctx context.Context, user string) (bool, error) {
	if !t.pair().Includes(user) || !t.pair().Includes(t.current.User) {
		return false, nil
	}
	return t.database.acceptsPassword(ctx, t.resting(user, t.current))
}

// noAuthority says what to do about a pair whose other login has neither of the passwords that it
// may have, and that the current login may not change.
func (t target) noAuthority(user string) error {
	return rotation.Temporaryf("The login %s can't be given a password: it does not have the one that Rotunda left it with, as somebody changed it or the secret's value, and the secret's login may not change it. "+
		"Set the secret to a login that may, such as the server's administrator, and rotate: that repairs the pair. It needs CREATEROLE, must be a member of %s, and from PostgreSQL 16 on needs %[2]s, and of the pair what exists, WITH ADMIN OPTION. "+
		"For roles without an administrator's rights, you can instead name an administrator in the tag AdminSecret.", user, t.owner)
}
