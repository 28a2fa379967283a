package rabbitmq

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Retire implements rotation.Setter. The old user loses its password and keeps everything else;
// when its turn comes, it gets a new one.
func (Rotator) Retire(ctx context.Context, s rotation.Subject, old secret.Value, fence rotation.Fence) error {
	target, err := readTarget(s)
	if err != nil {
		return err
	}
	retired, err := target.loginOf(old)
	switch {
	case err != nil:
		return err
	case retired.User == target.current.User: // it has a newer password
		return nil
	case retired.User == target.admin.User:
		return rotation.Permanentf("The old value is for AdminSecret's own login, whose password must stay. Name another administrator in the tag AdminSecret.")
	}
	admin, err := target.server.newClient(target.admin)
	if err != nil {
		return err
	}
	defer admin.close()
	return target.retire(ctx, admin, retired, fence)
}

// retire removes a password that is the secret's: a mark says so, or the password itself does.
// What has replaced one that RabbitMQ refuses is somebody else's.
func (t target) retire(ctx context.Context, admin *client, old login.Login, fence rotation.Fence) error {
	found, err := admin.user(ctx, old.User)
	if err != nil {
		return t.server.fault(reading, err)
	}
	if !found.exists || found.Hash == noPassword {
		return nil
	}
	if err := t.checkOther(found); err != nil {
		return err
	}
	if !t.isOurs(found) {
		verdict, err := t.server.tryLogin(ctx, old)
		if verdict != rotation.Accepted {
			_, err = login.Answer(verdict, err)
			return err
		}
	}
	if err := fence(ctx); err != nil {
		return err
	}
	return t.server.fault(changing, admin.setUser(ctx, found.Name, noPassword, found.Tags))
}
