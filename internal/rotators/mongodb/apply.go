package mongodb

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// What faults call the commands.
const (
	reading  = "reading its users"
	changing = "changing a user"
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
	target.next = renewed.Password
	if err := target.checkMayChange(renewed); err != nil {
		return err
	}
	session, err := target.open(ctx)
	if err != nil {
		return target.unlessApplied(ctx, renewed, err)
	}
	defer session.close()
	change, err := target.prepare(ctx, session, renewed)
	if err != nil {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	return target.server.fault(changing, change(ctx))
}

// checkMayChange keeps Apply from users that are not the rotation's and, in class A, from the one
// that readers use now.
func (t target) checkMayChange(next login.Login) error {
	if t.class == rotation.Single {
		return login.CheckSameUser(t.current, next)
	}
	return t.pair().CheckNext(t.current, next)
}

// open logs in as the login that changes passwords, at the server that accepts changes.
func (t target) open(ctx context.Context) (*session, error) {
	session, err := t.server.logIn(ctx, t.changerLogin(), t.changerDatabase())
	if err != nil {
		return nil, err
	}
	if !session.hello.isWritablePrimary {
		session.close()
		return nil, t.server.notPrimary()
	}
	return session, nil
}

// unlessApplied returns nil if a user that changes its own password was refused because it has the
// new one already.
func (t target) unlessApplied(ctx context.Context, next login.Login, err error) error {
	if t.admin != nil || !isRejection(err) {
		return t.openFault(err)
	}
	verdict, err := t.server.tryLogin(ctx, next, t.server.Database)
	if verdict == rotation.Rejected {
		return rotation.Temporaryf("MongoDB at %s refuses the current password and the new one, so the user can't change its password. Name an administrator in the tag AdminSecret.", t.server)
	}
	return err
}

// openFault says why open failed.
func (t target) openFault(err error) error {
	if isRejection(err) && t.admin != nil {
		return rotation.Temporaryf("MongoDB at %s rejects the login of AdminSecret, which must be a user of the database %s. Set that secret to what logs in.", t.server, adminDatabase)
	}
	return t.server.fault("the login", err)
}

// prepare checks that a user is the secret's, and returns what changes it.
func (t target) prepare(ctx context.Context, session *session, next login.Login) (change func(context.Context) error, _ error) {
	if t.admin == nil { // a user has no more authority than its own
		self := user{name: name{user: next.User}, exists: true}
		return func(ctx context.Context) error { return session.set(ctx, self, next.Password.Reveal(), nil) }, nil
	}
	found, given, faults, err := t.look(ctx, session, next.User)
	if err != nil {
		return nil, t.server.fault(reading, err)
	}
	if len(faults) > 0 {
		return nil, faults[0]
	}
	if !t.isOurs(found) {
		if err := t.prove(ctx); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) error { return session.set(ctx, found, next.Password.Reveal(), given) }, nil
}

// look reads the users that take part in a change of one, and finds what keeps it from being
// changed. given is what it gets beside a password. The error means that it could not look.
func (t target) look(ctx context.Context, session *session, who string) (found user, given fields, faults []error, err error) {
	if t.secret == "" {
		faults = append(faults, rotation.Permanentf("Rotunda does not know the name of the secret, with which it marks users. This is an error in Rotunda."))
	}
	if found, err = session.user(ctx, who); err != nil {
		return found, nil, faults, err
	}
	if t.class == rotation.Single {
		return found, marked(found, t.secret), appendFaults(faults, t.checkSingle(found)), nil
	}
	owner, err := session.user(ctx, t.owner)
	if err != nil {
		return found, nil, faults, err
	}
	faults = appendFaults(faults, t.checkOwner(owner), t.checkTake(found))
	if t.current.User != t.owner && t.current.User != who {
		current, err := session.user(ctx, t.current.User)
		if err != nil {
			return found, nil, faults, err
		}
		faults = appendFaults(faults, t.checkTake(current))
	}
	return found, likeOwner(found, owner, t.secret), faults, nil
}

func (t target) checkSingle(found user) error {
	if !found.exists {
		return t.noUser(found.user)
	}
	return t.checkOther(found)
}

func (t target) checkOwner(owner user) error {
	if !owner.exists {
		return rotation.Temporaryf("The database %s of MongoDB at %s has no user %s, whose roles the application's logins get. Create it, or correct the tag CredentialId, or the path in the tag ProviderAddress, which names the users' database (authSource).",
			t.server.Database, t.server, t.owner)
	}
	return t.checkOther(owner)
}

func appendFaults(faults []error, found ...error) []error {
	for _, fault := range found {
		if fault != nil {
			faults = append(faults, fault)
		}
	}
	return faults
}

// prove logs in with the current value. Only a secret that holds a user's password has a claim to
// its roles, whatever a record or a tag says.
func (t target) prove(ctx context.Context) error {
	verdict, err := t.server.tryLogin(ctx, t.current, t.server.Database)
	switch verdict {
	case rotation.Accepted:
		return nil
	case rotation.Rejected:
		return rotation.Permanentf("Nothing proves that the user %s of MongoDB at %s is this secret's: the secret's current value does not log in. Set the secret to a value that logs in.", t.current.User, t.server)
	}
	return err
}
