// Package mongodb rotates the passwords of users of MongoDB 4.4 and later.
//
// Class A, which needs AdminSecret: the user in CredentialId has the application's roles, and
// <CredentialId>_a and <CredentialId>_b take turns to log in. The rotator creates both on demand.
// At each rotation the next one gets the owner's roles, restrictions and custom data, together
// with its password, in one command.
//
// Class S: a user's own password is replaced, by AdminSecret's login or else by itself.
//
// Tags:
//   - ProviderAddress: mongodb://host:port/database?tlsCAFile=ca.pem, with the database that the
//     users belong to (authSource). Only the host is needed; without the rest, port 27017, the
//     database admin, and TLS with the system's authorities. tls=false is for this machine
//   - CredentialId: in class A the owner; in class S the user, needed for a bare password only
//   - RotationClass: A or S; without it A with AdminSecret, and S without
//   - AdminSecret: a login of the database admin
//   - PasswordLength, PasswordExclude, PasswordSymbols
//
// In class S without AdminSecret the user needs the action changeOwnPassword. Otherwise
// AdminSecret's login needs viewUser, createUser, changePassword, changeCustomData, grantRole and
// revokeRole on the databases of the users and of their roles, as the role userAdminAnyDatabase
// has.
//
// A user that an administrator changes is marked in its custom data, in the field rotunda, with
// the vault and the secret. A user with another secret's mark is never changed, and one without a
// mark only if the secret's own password is its.
//
// The package speaks the few messages that it needs by itself. The driver begins goroutines that
// watch a server, where a panic would end the process.
package mongodb

import (
	"fmt"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/rotators/tlsconfig"
	"rotunda/internal/secret"
)

// Rotator implements rotation.Setter in classes A and S.
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
		Names:   []string{"mongodb"},
		Classes: []rotation.Class{rotation.Alternating, rotation.Single},
		Tags:    []string{rotation.TagAdminSecret, rotation.TagClass, rotation.TagValueField, rotation.TagPasswordLength, rotation.TagPasswordExclude, rotation.TagPasswordSymbols},
	}
}

// Plan implements rotation.Rotator.
func (Rotator) Plan(s rotation.Subject) (rotation.Plan, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Plan{}, err
	}
	next, decoy, err := target.current.Renew(target.nextUser(), s.Tags)
	return rotation.Plan{
		Class: target.class, Identity: target.identity(), Next: next, Decoy: decoy, Warnings: target.warnings(),
	}, err
}

// Same implements rotation.Comparer.
func (Rotator) Same(s rotation.Subject, a, b secret.Value) bool {
	target, err := readTarget(s)
	return err == nil && login.Same(a, b, target.loginOf)
}

// warnings are about what is allowed but could be better.
func (t target) warnings() []string {
	var warnings []string
	if t.class == rotation.Single {
		warnings = append(warnings, "In class S, new logins fail from the change of the password until readers have the new one. "+
			"Class A has no such gap: name an AdminSecret, set RotationClass=A, and set CredentialId to the user that has the application's roles.")
	}
	if t.class == rotation.Alternating && !t.pair().Includes(t.current.User) {
		warnings = append(warnings, fmt.Sprintf("The first rotation moves readers to %s. The user %s gets a password that nobody knows when the old value is retired, "+
			"and keeps its roles; whoever else logs in with it must move before that.", t.nextUser(), t.owner))
	}
	if t.server.tls.Mode == tlsconfig.Disable {
		warnings = append(warnings, "tls=false sends new passwords in clear text and does not check who the server is. Use TLS.")
	}
	return warnings
}
