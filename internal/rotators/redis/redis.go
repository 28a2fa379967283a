// Package redis rotates the password of an ACL user of a Redis server, version 6 or newer.
//
// Such a user may have several passwords, so the old one works until it is retired. Passwords that
// were added by hand stay. Replicas and the nodes of a cluster each have their own users, which
// Redis does not copy: this rotator is for one server.
//
// Tags:
//   - ProviderAddress: redis://host:6379, or with TLS rediss://host:6380?cafile=ca.pem,
//     where cafile replaces the system's authorities
//   - CredentialId: the user, if the value is a bare password; a URL without one means "default"
//   - AdminSecret: the login that changes the password; without it, the user changes its own
//   - RedisPersist=none: for a server that may forget the password when it restarts
//   - ValueField, PasswordLength, PasswordExclude, PasswordSymbols
//
// The login that changes the password needs the rights +multi +exec +acl|setuser +acl|save, and
// without an aclfile +config|rewrite. With +acl|getuser it can tell why the secret's value is
// rejected, and with +info whether another secret rotates the same user by another address.
package redis

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Rotator implements rotation.Setter in class O.
type Rotator struct{}

var (
	_ rotation.Setter   = Rotator{}
	_ rotation.Checker  = Rotator{}
	_ rotation.Locator  = Rotator{}
	_ rotation.Comparer = Rotator{}
)

// Describe implements rotation.Described.
func (Rotator) Describe() rotation.Description {
	return rotation.Description{
		Names:   []string{"redis", "rediss"},
		Classes: []rotation.Class{rotation.Overlap},
		Tags:    []string{rotation.TagAdminSecret, rotation.TagClass, rotation.TagRedisPersist, rotation.TagValueField, rotation.TagPasswordLength, rotation.TagPasswordExclude, rotation.TagPasswordSymbols},
	}
}

// Plan implements rotation.Rotator.
func (Rotator) Plan(s rotation.Subject) (rotation.Plan, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Plan{}, err
	}
	next, decoy, err := target.current.Renew(target.current.User, s.Tags)
	return rotation.Plan{
		Class:    rotation.Overlap,
		Identity: target.server.String() + " as " + userOf(target.current),
		Next:     next, Decoy: decoy,
		Warnings: target.warnings(),
	}, err
}

// Same implements rotation.Comparer. A value without a user means the user default.
func (Rotator) Same(s rotation.Subject, a, b secret.Value) bool {
	target, err := readTarget(s)
	return err == nil && login.Same(a, b, func(value secret.Value) (login.Login, error) {
		l, err := target.parse(s, value)
		l.User = userOf(l)
		return l, err
	})
}

// Probe implements rotation.Prober.
func (Rotator) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	target, tried, err := readBoth(s, value)
	if err != nil {
		return rotation.Unknown, err
	}
	session, verdict, err := target.server.logIn(ctx, tried)
	session.close()
	if verdict == rotation.Rejected && value.Equal(s.Current) {
		return verdict, target.explain(ctx)
	}
	return login.Answer(verdict, err)
}

// Apply implements rotation.Setter. It sends next as a hash, which can't be turned back by those
// who read MONITOR or the slow log.
func (Rotator) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence rotation.Fence) error {
	target, added, err := readBoth(s, next)
	if err != nil {
		return err
	}
	session, _, err := target.server.logIn(ctx, target.changer())
	if err != nil {
		return err
	}
	defer session.close()
	if err := target.mustExist(ctx, session); err != nil {
		return err
	}
	if err := fence(ctx); err != nil {
		return err
	}
	return target.change(ctx, session, userOf(added), "#"+hash(added.Password))
}

// Retire implements rotation.Setter.
func (Rotator) Retire(ctx context.Context, s rotation.Subject, old secret.Value, fence rotation.Fence) error {
	target, removed, err := readBoth(s, old)
	if err != nil || removed.Password.Equal(target.current.Password) {
		return err
	}
	session, _, err := target.server.logIn(ctx, target.changer())
	if err != nil {
		return err
	}
	defer session.close()
	if err := fence(ctx); err != nil {
		return err
	}
	return target.change(ctx, session, userOf(removed), "!"+hash(removed.Password))
}
