// Package rabbitmq rotates logins of RabbitMQ by its management API.
//
// Class A: the user in CredentialId owns what the application may do, and <CredentialId>_a and
// <CredentialId>_b take turns to log in. The rotator creates both on demand. At each rotation the
// next one gets the owner's permissions and topic permissions in all virtual hosts, its limits and
// its tags, and only after that its password: who can log in may do what it is for.
//
// Tags:
//   - ProviderAddress: rabbitmq://host:port?sslmode=verify-full&sslrootcert=ca.pem, where the
//     management API is. Only the host is needed; without the rest, port 15671, and verify-full
//     with the system's authorities
//   - CredentialId: the owner
//   - AdminSecret: a login with the tag administrator, which alone may change users
//   - PasswordLength, PasswordExclude, PasswordSymbols
//
// The two users bear a tag that names the secret. A user with another secret's tag is never
// changed, and one without a tag only if it is the owner and the secret's own password is its.
//
// The server is sent a salted hash and never a new password.
package rabbitmq

import (
	"context"
	"fmt"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Rotator implements rotation.Setter in class A.
type Rotator struct{}

var (
	_ rotation.Setter    = Rotator{}
	_ rotation.Checker   = Rotator{}
	_ rotation.Locator   = Rotator{}
	_ rotation.Comparer  = Rotator{}
	_ rotation.Described = Rotator{}
)

// Describe implements rotation.Described.
func (Rotator) Describe() rotation.Description {
	return rotation.Description{
		Names:   []string{"rabbitmq"},
		Classes: []rotation.Class{rotation.Alternating},
		Tags:    []string{rotation.TagAdminSecret, rotation.TagClass, rotation.TagValueField, rotation.TagPasswordLength, rotation.TagPasswordExclude, rotation.TagPasswordSymbols},
	}
}

// Plan implements rotation.Rotator.
func (Rotator) Plan(s rotation.Subject) (rotation.Plan, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Plan{}, err
	}
	next, decoy, err := target.current.Renew(target.pair().Next(target.current.User), s.Tags)
	return rotation.Plan{
		Class: rotation.Alternating, Identity: target.server.String() + " as " + target.owner, Next: next, Decoy: decoy, Warnings: target.warnings(),
	}, err
}

// Same implements rotation.Comparer.
func (Rotator) Same(s rotation.Subject, a, b secret.Value) bool {
	target, err := readTarget(s)
	return err == nil && login.Same(a, b, target.loginOf)
}

// Probe implements rotation.Prober.
func (Rotator) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Unknown, err
	}
	if value.Equal(s.Admin) {
		return login.Answer(target.server.tryLogin(ctx, target.admin))
	}
	tried, err := target.loginOf(value)
	if err != nil {
		return rotation.Unknown, err
	}
	verdict, err := target.server.tryLogin(ctx, tried)
	if verdict == rotation.Rejected && value.Equal(s.Current) {
		return verdict, target.explain(ctx)
	}
	return login.Answer(verdict, err)
}

// warnings are about what is allowed but could be better.
func (t target) warnings() []string {
	var warnings []string
	if !t.pair().Includes(t.current.User) {
		warnings = append(warnings, fmt.Sprintf("The first rotation moves readers to %s. The user %s loses its password when the old value is retired, "+
			"and keeps its permissions; whoever else logs in with it must move before that.", t.pair().Next(t.current.User), t.owner))
	}
	return append(warnings, t.server.tls.Warnings("sslmode="+string(t.server.tls.Mode))...)
}
