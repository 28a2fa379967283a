package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// target is what a subject says about a Redis user.
type target struct {
	server  server
	current login.Login
	admin   *login.Login // nil without AdminSecret
	persist bool         // save the server's users after a change
}

// readTarget reads a subject and finds everything wrong with it before any server is called.
func readTarget(s rotation.Subject) (t target, err error) {
	if t.server, err = parseAddress(s.Address, s.Trust); err != nil {
		return t, err
	}
	if t.persist, err = persists(s.Tags); err != nil {
		return t, err
	}
	if _, err = class.Choose(s.Tags, "Redis", rotation.Overlap); err != nil {
		return t, err
	}
	if t.current, err = t.parse(s, s.Current); err != nil {
		return t, err
	}
	t.admin, err = login.ParseAdmin(s.Admin, login.UserOptional)
	return t, err
}

func persists(tags map[string]string) (bool, error) {
	value, given := tags[rotation.TagRedisPersist]
	if given && value != "none" {
		return false, rotation.Permanentf(`The tag %s must be "none", or absent.`, rotation.TagRedisPersist)
	}
	return !given, nil
}

// readBoth reads a subject, and a value that is the admin's or the user's.
func readBoth(s rotation.Subject, value secret.Value) (t target, l login.Login, err error) {
	if t, err = readTarget(s); err == nil {
		l, err = t.loginOf(s, value)
	}
	return t, l, err
}

// loginOf reads a value that is the admin's or the user's.
func (t target) loginOf(s rotation.Subject, value secret.Value) (login.Login, error) {
	if t.admin != nil && value.Equal(s.Admin) {
		return *t.admin, nil
	}
	return t.parse(s, value)
}

func (target) parse(s rotation.Subject, value secret.Value) (login.Login, error) {
	l, err := login.Parse(value, s.CredentialID, login.UserOptional, login.Field(s.Tags[rotation.TagValueField]))
	if err != nil {
		return l, err
	}
	return l, login.CheckUser(userOf(l), s.CredentialID)
}

func (t target) warnings() []string {
	var warnings []string
	if !t.server.tls.Mode.Verifies() {
		warnings = append(warnings, "redis:// sends passwords in clear text and does not check who the server is. Use rediss://.")
	}
	if !t.persist {
		warnings = append(warnings, "With RedisPersist=none, the server's old passwords come back when it restarts; the secret's latest version may then fail to log in.")
	}
	return warnings
}

// changer returns the login that changes the password.
func (t target) changer() login.Login {
	if t.admin != nil {
		return *t.admin
	}
	return t.current
}

// change applies an ACL rule to a user.
func (t target) change(ctx context.Context, session *session, user, rule string) error {
	if t.persist {
		return session.setAndSave(ctx, user, rule)
	}
	return session.set(ctx, user, rule)
}

// userOf returns a login's user name. Redis calls the one without a name default.
func userOf(l login.Login) string {
	if l.User == "" {
		return "default"
	}
	return l.User
}

// hash returns a password as Redis stores it.
func hash(password secret.Value) string {
	sum := sha256.Sum256([]byte(password.Reveal()))
	return hex.EncodeToString(sum[:])
}
