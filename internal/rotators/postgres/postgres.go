// Package postgres rotates logins of PostgreSQL 11 and later.
//
// Class A: the role in CredentialId owns what the application has, and <CredentialId>_a and
// <CredentialId>_b take turns to log in. The rotator creates both on demand. They are members of
// the owner and act as it from their first statement (ALTER ROLE ... SET ROLE), so whatever either
// creates belongs to the owner. At each rotation they get what the owner has by ALTER ROLE:
// settings, the limit of connections and VALID UNTIL. The secret's value names its user: it is a
// URL, JSON or the like.
//
// Class S: a login's own password is replaced, by AdminSecret's login or else by itself.
//
// Tags:
//   - ProviderAddress: postgres://host:port/database?sslmode=verify-full&sslrootcert=ca.pem.
//     Only the host is needed; without the rest, port 5432, the database postgres, and verify-full
//     with the system's authorities
//   - CredentialId: in class A the owner; in class S the login, needed for a bare password only
//   - RotationClass: A or S; without it A with AdminSecret, and S without
//   - AdminSecret, ValueField, PasswordLength, PasswordExclude, PasswordSymbols
//
// In class S without AdminSecret, no right is needed. Otherwise AdminSecret's login, or else the
// one that the secret has at first, needs CREATEROLE, and from PostgreSQL 16 on, for a role that
// it did not create itself, in class A GRANT owner TO admin WITH ADMIN OPTION, and in class S
// GRANT login TO admin WITH ADMIN OPTION.
//
// A role that an administrator changes is marked in its comment with the vault and the secret. A
// role with another secret's mark is never changed, and one without a mark only if the secret's
// own password logs in as it.
//
// Class A without AdminSecret is for an administrator's own secret: see resting.go. Nothing is
// done there by any authority but that of the secret's own values. The login that the secret has
// at first creates the pair; from then on, each of the two changes its own password only.
//
// In Azure, AdminSecret is the server's administrator, or another member of azure_pg_admin. A role
// with such rights takes part in no rotation that has an AdminSecret.
//
// The server is sent a SCRAM-SHA-256 verifier and never a password, so its log can't hold one.
package postgres

import (
	"fmt"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Rotator implements rotation.Setter in classes A and S.
type Rotator struct{}

var (
	_ rotation.Setter   = Rotator{}
	_ rotation.Locator  = Rotator{}
	_ rotation.Comparer = Rotator{}
)

// Describe implements rotation.Described.
func (Rotator) Describe() rotation.Description {
	return rotation.Description{
		Names:   []string{"postgres", "postgresql"},
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
			"Class A has no such gap: name an AdminSecret, set RotationClass=A, and set CredentialId to the owner.")
	}
	if t.class == rotation.Alternating && !t.pair().Includes(t.current.User) {
		warnings = append(warnings, fmt.Sprintf("The first rotation moves readers to %s. The login that they have now loses its password "+
			"when the old value is retired; whoever else logs in with it must move before that.", t.nextUser()))
	}
	return append(warnings, t.database.tls.Warnings("sslmode="+string(t.database.tls.Mode))...)
}
