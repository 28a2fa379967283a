package rotators

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Redis rotates the password of an ACL user of a Redis server, 6 or newer. Such a user may have several passwords, so the
// old one works until it is retired. A password that was put there by hand stays. Replicas and the nodes of a cluster each
// have users of their own, which Redis does not copy: this is for one server.
//
// Tags:
//   - ProviderAddress: redis://host:6379, or with TLS rediss://host:6380?cafile=/path/ca.pem; cafile stands in for the system's roots
//   - CredentialId: the user, if the value is a bare password; a URL without a user means "default"
//   - AdminSecret: who changes the password; without it the user does so itself
//   - RedisPersist=none: for a server that may forget the password when it restarts
//   - PasswordLength, PasswordExclude
//
// Rights of who changes it: +multi +exec +acl|setuser +acl|save, and without an aclfile +config|rewrite.
type Redis struct{}

var _ rotation.Setter = Redis{}

// Plan implements rotation.Rotator.
func (Redis) Plan(s rotation.Subject) (rotation.Plan, error) {
	target, err := readRedis(s)
	if err != nil {
		return rotation.Plan{}, err
	}
	next, decoy, err := renewed(target.current, target.current.user, s.Tags)
	return rotation.Plan{
		Class:    rotation.Overlap,
		Identity: target.address.String() + " as " + redisUser(target.current),
		Next:     next, Decoy: decoy,
		Warnings: target.warnings(),
	}, err
}

// Probe implements rotation.Prober.
func (Redis) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	target, err := readRedis(s)
	if err != nil {
		return rotation.Unknown, err
	}
	login, err := target.loginOf(s, value)
	if err != nil {
		return rotation.Unknown, err
	}
	session, verdict, err := target.address.login(ctx, login)
	session.close()
	return answered(verdict, err)
}

// Apply implements rotation.Setter. next goes there as its hash, which neither MONITOR nor the slow log can turn back.
func (Redis) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence func(context.Context) error) error {
	target, err := readRedis(s)
	if err != nil {
		return err
	}
	login, err := target.loginOf(s, next)
	if err != nil {
		return err
	}
	return target.change(ctx, fence, redisUser(login), "#"+redisHash(login))
}

// Retire implements rotation.Setter.
func (Redis) Retire(ctx context.Context, s rotation.Subject, old secret.Value) error {
	target, err := readRedis(s)
	if err != nil {
		return err
	}
	login, err := target.loginOf(s, old)
	if err != nil || login.password.Equal(target.current.password) {
		return err
	}
	unfenced := func(context.Context) error { return nil }
	return target.change(ctx, unfenced, redisUser(login), "!"+redisHash(login))
}
