package rotators

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// tagRedisPersist says with "none" that a password need not outlive a restart of the server.
const tagRedisPersist = "RedisPersist"

// redisTarget is what a subject says of a Redis user.
type redisTarget struct {
	address   redisAddress
	current   login
	authority login // who changes the password
	forgetful bool
}

// readRedis reads a subject, and finds all that is wrong with it before anybody is asked.
func readRedis(s rotation.Subject) (target redisTarget, err error) {
	if target.address, err = parseRedisAddress(s.Address); err != nil {
		return target, err
	}
	if target.forgetful, err = redisForgets(s.Tags); err != nil {
		return target, err
	}
	if class := s.Tags[tagClass]; class != "" && class != string(rotation.Overlap) {
		return target, rotation.Permanentf("The tag %s must be O for Redis, or absent.", tagClass)
	}
	if target.current, err = target.parse(s, s.Current); err != nil {
		return target, err
	}
	target.authority = target.current
	if s.Admin.IsSet() {
		target.authority, err = parseAdmin(s.Admin)
	}
	return target, err
}

func redisForgets(tags map[string]string) (bool, error) {
	persist, given := tags[tagRedisPersist]
	if given && persist != "none" {
		return false, rotation.Permanentf(`The tag %s must be "none", or absent.`, tagRedisPersist)
	}
	return given, nil
}

// loginOf reads a value that is of the admin or of the user.
func (t redisTarget) loginOf(s rotation.Subject, value secret.Value) (login, error) {
	if s.Admin.IsSet() && value.Equal(s.Admin) {
		return t.authority, nil
	}
	return t.parse(s, value)
}

func (redisTarget) parse(s rotation.Subject, value secret.Value) (login, error) {
	l, err := parseLogin(value, s.CredentialID)
	if err == nil && s.CredentialID != "" && redisUser(l) != s.CredentialID {
		err = rotation.Permanentf("The secret's value is for another user than the tag CredentialId says. Mend the tag or leave it out.")
	}
	return l, err
}

func (t redisTarget) warnings() []string {
	if t.forgetful {
		return []string{"With RedisPersist=none, a restart of the server brings back its old passwords: the secret's latest may then not log in."}
	}
	return nil
}

// change applies a rule to a user, by whoever has the right.
func (t redisTarget) change(ctx context.Context, fence func(context.Context) error, user, rule string) error {
	session, _, err := t.address.login(ctx, t.authority)
	if err != nil {
		return err
	}
	defer session.close()
	if err := fence(ctx); err != nil {
		return err
	}
	if t.forgetful {
		return session.set(ctx, user, rule)
	}
	return session.setAndSave(ctx, user, rule)
}

func redisUser(l login) string {
	if l.user == "" {
		return "default"
	}
	return l.user
}

// redisHash is a password as Redis keeps it.
func redisHash(l login) string {
	sum := sha256.Sum256([]byte(l.password.Reveal()))
	return hex.EncodeToString(sum[:])
}
