package rabbitmq

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// What faults call the changes of users.
const (
	reading  = "reading its users"
	changing = "changing a user"
)

// Apply implements rotation.Setter. The API has no transactions: the password comes last, so that
// a user who can log in has all that the owner has.
func (Rotator) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence rotation.Fence) error {
	target, err := readTarget(s)
	if err != nil {
		return err
	}
	renewed, err := target.loginOf(next)
	if err != nil {
		return err
	}
	target.next = renewed.Password
	if err := target.pair().CheckNext(target.current, renewed); err != nil {
		return err
	}
	admin, err := target.server.newClient(target.admin)
	if err != nil {
		return err
	}
	defer admin.close()
	owner, found, err := target.claim(ctx, admin, renewed.User)
	if err != nil {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	return target.server.fault(changing, target.change(ctx, admin, owner, found, renewed.Password))
}

// claim checks that the user that this rotation changes is the secret's, and returns the owner and
// that user.
func (t target) claim(ctx context.Context, admin *client, name string) (owner, found user, _ error) {
	owner, found, faults, err := t.look(ctx, admin, name)
	if err != nil {
		return owner, found, t.server.fault(reading, err)
	}
	if len(faults) > 0 {
		return owner, found, faults[0]
	}
	if t.isOurs(found) {
		return owner, found, nil
	}
	return owner, found, t.prove(ctx)
}

// look reads the users that take part in a change of one, and finds what keeps it from being
// changed. Its error means that it could not look.
func (t target) look(ctx context.Context, admin *client, name string) (owner, found user, faults []error, err error) {
	if t.mark == markPrefix {
		faults = append(faults, rotation.Permanentf("Rotunda does not know the name of the secret, with which it marks users. This is an error in Rotunda."))
	}
	if owner, err = admin.user(ctx, t.owner); err != nil {
		return owner, found, faults, err
	}
	if found, err = admin.user(ctx, name); err != nil {
		return owner, found, faults, err
	}
	if !owner.exists {
		faults = append(faults, t.noOwner())
	}
	for _, fault := range []error{t.checkOther(owner), t.checkTake(found)} {
		if fault != nil {
			faults = append(faults, fault)
		}
	}
	if t.current.User == t.owner || t.current.User == name {
		return owner, found, faults, nil
	}
	current, err := admin.user(ctx, t.current.User)
	if err == nil && t.checkTake(current) != nil {
		faults = append(faults, t.checkTake(current))
	}
	return owner, found, faults, err
}

func (t target) noOwner() error {
	return rotation.Temporaryf("RabbitMQ at %s has no user %s, whose permissions the application's logins get. Create it, with or without a password, or correct the tag CredentialId.", t.server, t.owner)
}

// prove logs in with the current value. Only a secret that holds a user's password has a claim to
// its permissions, whatever a record or a tag says.
func (t target) prove(ctx context.Context) error {
	verdict, err := t.server.tryLogin(ctx, t.current)
	switch verdict {
	case rotation.Accepted:
		return nil
	case rotation.Rejected:
		return rotation.Permanentf("Nothing proves that the user %s of RabbitMQ at %s is this secret's: the secret's current value does not log in. Set the secret to a value that logs in.", t.current.User, t.server)
	}
	return err
}

// change makes a user what the owner is, and sets its password.
func (t target) change(ctx context.Context, admin *client, owner, found user, password secret.Value) error {
	if !found.exists {
		if err := admin.setUser(ctx, found.Name, noPassword, []string{t.mark}); err != nil {
			return err
		}
	}
	for _, kind := range []string{permissions, topicPermissions} {
		if err := admin.copyPermissions(ctx, kind, owner.Name, found.Name); err != nil {
			return err
		}
	}
	if err := admin.copyLimits(ctx, owner.Name, found.Name); err != nil {
		return err
	}
	_, wanted := owner.marks()
	return admin.setUser(ctx, found.Name, newHash(password), append(wanted, t.mark))
}
