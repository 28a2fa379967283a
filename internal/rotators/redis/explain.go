package redis

import (
	"context"
	"errors"
	"slices"

	"github.com/redis/go-redis/v9"

	"rotunda/internal/rotation"
)

// explain returns why Redis rejects the secret's current value. Redis says the same of a wrong
// password, and of a user that is off or gone; an administrator that may ask ACL GETUSER sees
// more.
func (t target) explain(ctx context.Context) error {
	user := userOf(t.current)
	unclear := rotation.Permanentf("Redis at %s rejects the secret's current value. Either its password was changed there, or the user %s is off or was removed: Redis says the same of all three. Set the secret to a value that logs in.", t.server, user)
	if t.admin == nil {
		return unclear
	}
	session, _, err := t.server.logIn(ctx, *t.admin)
	if err != nil {
		return nil // the administrator's own login is tried next, and reports it
	}
	defer session.close()
	flags, err := session.flags(ctx, user)
	switch {
	case errors.Is(err, redis.Nil):
		return t.noUser()
	case err != nil:
		return unclear
	case slices.Contains(flags, any("off")):
		return rotation.Permanentf("The user %s of Redis at %s is off. Turn it on: ACL SETUSER %s on.", user, t.server, user)
	}
	return nil // the password is wrong
}

func (t target) noUser() error {
	return rotation.Permanentf("Redis at %s has no user %s: it was removed, or lost in a restart because it was never saved. Create it, and set the secret to its password.", t.server, userOf(t.current))
}

// mustExist returns a fault if the user is gone: ACL SETUSER would make one. It relies on a right
// that an administrator may lack.
func (t target) mustExist(ctx context.Context, session *session) error {
	if t.admin == nil {
		return nil // the session is the user's
	}
	if _, err := session.flags(ctx, userOf(t.current)); errors.Is(err, redis.Nil) {
		return t.noUser()
	}
	return nil
}

// flags returns a user's flags, such as on and nopass.
func (s *session) flags(ctx context.Context, user string) ([]any, error) {
	fields, err := s.conn.Do(ctx, "ACL", "GETUSER", user).Slice()
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(fields); i += 2 {
		if flags, ok := fields[i+1].([]any); ok && fields[i] == "flags" {
			return flags, nil
		}
	}
	return nil, nil
}
