package sqlserver

import (
	"context"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Retire implements rotation.Setter. In class A the old login gets a password that nobody knows,
// and keeps everything else; when its turn comes, it gets a new one. In class S the old password
// is already gone.
func (r Rotator) Retire(ctx context.Context, s rotation.Subject, old secret.Value, fence rotation.Fence) error {
	target, err := r.readTarget(s)
	if err != nil || target.class == rotation.Single {
		return err
	}
	retired, err := target.loginOf(old)
	switch {
	case err != nil:
		return err
	case strings.EqualFold(retired.User, target.current.User): // the same login has a newer password
		return nil
	case strings.EqualFold(retired.User, target.admin.User):
		return rotation.Permanentf("The old value is for AdminSecret's own login, whose password must stay. Name another administrator in the tag AdminSecret.")
	}
	session, err := target.open(ctx)
	if err != nil {
		return target.openFault(err)
	}
	defer session.close()
	return target.retire(ctx, session, retired, fence)
}

func (t target) retire(ctx context.Context, session *session, old login.Login, fence rotation.Fence) error {
	if err := session.lock(ctx, t.role); err != nil {
		return err
	}
	name := t.principal(old.User)
	found, err := session.principals(ctx, t.role, name)
	if err != nil {
		return newFault(changing, err)
	}
	user, isUser := chosen(found)
	if gone, err := t.mayRetire(ctx, user, isUser, old); err != nil || gone {
		return err
	}
	password, err := login.NewPassword(old.User, nil)
	if err != nil {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	if err := session.exec(ctx, setPassword(user, name, secret.NewValue(password))...); err != nil {
		return newFault(changing, err)
	}
	return nil
}

// mayRetire checks that the old login's password is the secret's: a mark says so, or the password
// itself does. A password that the server refuses needs no removing, and what has replaced it is
// somebody else's.
func (t target) mayRetire(ctx context.Context, user principal, isUser bool, old login.Login) (gone bool, _ error) {
	if err := t.checkMark(user); err != nil || t.isOurs(user) {
		return false, err
	}
	verdict, err := t.tryLogin(ctx, old)
	switch {
	case verdict == rotation.Rejected:
		return true, nil
	case verdict == rotation.Unknown:
		return false, err
	case !isUser:
		return false, rotation.Permanentf("The old login is no user of the database in the tag ProviderAddress, so Rotunda leaves it alone. Change its password by hand.")
	}
	return false, nil
}
