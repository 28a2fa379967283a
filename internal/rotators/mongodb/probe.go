package mongodb

import (
	"context"
	"errors"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Probe implements rotation.Prober.
func (Rotator) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Unknown, err
	}
	if target.admin != nil && value.Equal(s.Admin) {
		return login.Answer(target.server.tryLogin(ctx, *target.admin, adminDatabase))
	}
	tried, err := target.loginOf(value)
	if err != nil {
		return rotation.Unknown, err
	}
	verdict, err := target.server.tryLogin(ctx, tried, target.server.Database)
	if verdict == rotation.Rejected && value.Equal(s.Current) {
		return verdict, target.explain(ctx)
	}
	return login.Answer(verdict, err)
}

// tryLogin logs in once.
func (s server) tryLogin(ctx context.Context, l login.Login, database string) (rotation.Verdict, error) {
	session, err := s.logIn(ctx, l, database)
	session.close()
	switch {
	case err == nil:
		return rotation.Accepted, nil
	case isRejection(err):
		return rotation.Rejected, s.fault("the login", err)
	}
	return rotation.Unknown, s.fault("the login", err)
}

// isRejection reports whether the server refused a credential. It says the same of a wrong
// password and of a user that it does not have.
func isRejection(err error) bool {
	refused, _ := errors.AsType[refusal](err)
	return refused.Code == authenticationFailed
}

// explain returns why the server rejects the secret's current value, where an administrator sees
// more.
func (t target) explain(ctx context.Context) error {
	if t.admin == nil {
		return rotation.Permanentf("MongoDB at %s rejects the secret's current value. Either its password was changed there, or the database %s has no user %s. Set the secret to a value that logs in; "+
			"the path in the tag ProviderAddress must name the user's database (authSource).", t.server, t.server.Database, t.current.User)
	}
	session, err := t.server.logIn(ctx, *t.admin, adminDatabase)
	if err != nil {
		return nil // the administrator's own login is tried next, and reports it
	}
	defer session.close()
	if found, err := session.user(ctx, t.current.User); err == nil && !found.exists {
		return t.noUser(t.current.User)
	}
	return nil // the password is wrong
}

func (t target) noUser(who string) error {
	return rotation.Permanentf("The database %s of MongoDB at %s has no user %s. Create it, and set the secret to its password; or correct the path in the tag ProviderAddress, which names the users' database (authSource).",
		t.server.Database, t.server, who)
}
