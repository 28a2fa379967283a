package mysql

import (
	"context"
	"errors"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// applyRetaining makes the new password the first and the old one the second.
func (t target) applyRetaining(ctx context.Context, session *session, next login.Login, fence rotation.Fence) error {
	found, err := t.readDual(ctx, session)
	if err != nil {
		return err
	}
	if done, err := t.mayRetain(ctx, found, next); err != nil || done {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	return session.run(ctx, settingPassword, found.setPassword(next.Password)+" RETAIN CURRENT PASSWORD")
}

// mayRetain reports whether an earlier attempt did the change. Otherwise the old password must be
// the account's only one, as MySQL keeps one beside the new one and drops any other.
func (t target) mayRetain(ctx context.Context, found dual, next login.Login) (done bool, _ error) {
	if !found.hasSecond {
		if holds, err := t.holds(ctx, found.account, t.current); err != nil || holds {
			return false, err
		}
	}
	switch holds, err := t.holds(ctx, found.account, next); {
	case err != nil || holds:
		return holds, err
	case found.hasSecond:
		return false, t.secondInUse(found.account)
	}
	return false, rotation.Permanentf("The account %s on %s does not have the secret's password, so there is none to keep beside the new one. Set the secret to a value that logs in.", found.account, t.server)
}

func (t target) secondInUse(a account) error {
	return rotation.Temporaryf("The account %s on %s has a second password, which a rotation in class O would drop: MySQL keeps one. If nobody uses it, run: ALTER USER %s DISCARD OLD PASSWORD;", a, t.server, a.sql())
}

// retireSecond leaves an account the secret's present password alone. Which of the two is the
// first is not known, after a rollback for one, so the first is set to the present one before the
// second is discarded. A second password that is not the old one stays. If this ends between the
// two statements after a rollback, the account has the present password twice, which nothing tells
// from somebody's second password: the next rotation is refused, and says what to run.
func (t target) retireSecond(ctx context.Context, session *session, old login.Login, fence rotation.Fence) error {
	found, err := t.readDual(ctx, session)
	if err != nil || !found.hasSecond {
		return err
	}
	if holds, err := t.holds(ctx, found.account, old); err != nil || !holds {
		return err
	}
	switch holds, err := t.holds(ctx, found.account, t.current); {
	case err != nil:
		return err
	case !holds:
		return rotation.Temporaryf("The account %s on %s does not have the password of the secret's latest version, so the old password is not removed. Set the account's password to the secret's.", found.account, t.server)
	case found.reuse:
		return t.reuseForbidden(found.account)
	}
	if err := fence(ctx); err != nil {
		return err
	}
	if err := session.run(ctx, settingPassword, found.setPassword(t.current.Password)); err != nil {
		return t.notSetAgain(found.account, err)
	}
	return session.run(ctx, "discarding the old password", "ALTER USER "+found.sql()+" DISCARD OLD PASSWORD")
}

// notSetAgain says why the present password could not be set once more.
func (t target) notSetAgain(a account, err error) error {
	if errors.Is(err, rotation.ErrRefusedByPolicy) {
		return rotation.Permanentf("The policy of passwords on %s refuses the secret's present password, which class O sets once more before it removes the old one. If the present password is the account's first, run: ALTER USER %s DISCARD OLD PASSWORD;", t.server, a.sql())
	}
	return err
}

func (t target) reuseForbidden(a account) error {
	return rotation.Permanentf("The account %s on %s may not have a password again that it had before, and class O sets the present one once more before it removes the old one. Run: ALTER USER %s PASSWORD HISTORY 0 PASSWORD REUSE INTERVAL 0 DAY; or set the tag RotationClass to A.", a, t.server, a.sql())
}
