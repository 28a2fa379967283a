package mongodb

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Retire implements rotation.Setter. In class A the old user gets a password that nobody knows and
// keeps everything else: MongoDB has no user without one. In class S the old password is gone
// already.
func (Rotator) Retire(ctx context.Context, s rotation.Subject, old secret.Value, fence rotation.Fence) error {
	target, err := readTarget(s)
	if err != nil || target.class == rotation.Single {
		return err
	}
	retired, err := target.loginOf(old)
	switch {
	case err != nil:
		return err
	case retired.User == target.current.User: // it has a newer password
		return nil
	case retired.User == target.admin.User && target.server.Database == adminDatabase:
		return rotation.Permanentf("The old value is for AdminSecret's own login, whose password must stay. Name another administrator in the tag AdminSecret.")
	}
	session, err := target.open(ctx)
	if err != nil {
		return target.openFault(err)
	}
	defer session.close()
	return target.retire(ctx, session, retired, fence)
}

// retire replaces a password that is the secret's: a mark says so, or the password itself does.
// What has replaced one that the server refuses is somebody else's. A password that is replaced
// already is replaced again, which harms nobody.
func (t target) retire(ctx context.Context, session *session, old login.Login, fence rotation.Fence) error {
	found, err := session.user(ctx, old.User)
	if err != nil {
		return t.server.fault(reading, err)
	}
	if !found.exists {
		return nil
	}
	if err := t.checkOther(found); err != nil {
		return err
	}
	if !t.isOurs(found) {
		verdict, err := t.server.tryLogin(ctx, old, t.server.Database)
		if verdict != rotation.Accepted {
			_, err = login.Answer(verdict, err)
			return err
		}
	}
	password, err := randomPassword()
	if err != nil {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	return t.server.fault(changing, session.set(ctx, found, password, nil))
}
