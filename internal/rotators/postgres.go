package rotators

import (
	"fmt"

	"rotunda/internal/rotation"
)

// Postgres rotates logins of PostgreSQL 11 and later.
//
// Class A, which needs AdminSecret: the role CredentialId owns what the application has, and <CredentialId>_a and
// <CredentialId>_b log in by turns. Both are made on demand, are members of the owner and act as it from their first
// statement (ALTER ROLE ... SET ROLE), so whatever either creates belongs to the owner. The secret's value is a URL or JSON.
//
// Class S: a login's own password is replaced, by AdminSecret's login or else by itself.
//
// Tags: ProviderAddress: postgres://host:port/database?sslmode=verify-full&sslrootcert=/a/file.pem, where only the host is
// needed. Without port 5432, without database postgres, without sslmode verify-full with the system's certificates.
// CredentialId: the owner in class A; in class S the login, needed for a bare password only. RotationClass: A or S; without
// it A with AdminSecret, and S without. AdminSecret, PasswordLength, PasswordExclude.
//
// Rights: in class S without AdminSecret none. Else AdminSecret's login needs CREATEROLE, and from PostgreSQL 16 on the roles
// that it did not make itself: GRANT owner TO admin WITH ADMIN OPTION, in class S GRANT login TO admin WITH ADMIN OPTION.
//
// The server is sent a SCRAM-SHA-256 verifier, never a password, so a password can't come into its log.
type Postgres struct{}

var _ rotation.Setter = Postgres{}

// Plan implements rotation.Rotator.
func (Postgres) Plan(s rotation.Subject) (rotation.Plan, error) {
	target, err := readPostgres(s)
	if err != nil {
		return rotation.Plan{}, err
	}
	next, decoy, err := renewed(target.current, target.nextUser(), s.Tags)
	return rotation.Plan{
		Class:    target.class,
		Identity: target.identity(),
		Next:     next,
		Decoy:    decoy,
		Warnings: target.warnings(),
	}, err
}

// warnings are what is allowed but could be better.
func (t postgresTarget) warnings() []string {
	var warnings []string
	if t.class == rotation.Single {
		warnings = append(warnings, "In class S, new logins fail from the change of the password until readers have the new one. "+
			"Class A has no such moment: name an AdminSecret, set RotationClass=A, and let CredentialId be the owner.")
	}
	if t.class == rotation.Alternating && !t.alternates(t.current.user) {
		warnings = append(warnings, fmt.Sprintf("The first rotation moves readers to %s. The login that they have now loses its password "+
			"when the old value is retired; whoever else logs in with it must move before that.", t.nextUser()))
	}
	if mode := t.address.sslMode; mode == sslDisable || mode == sslRequire {
		warnings = append(warnings, fmt.Sprintf("sslmode=%s does not check who the server is. Use verify-full.", mode))
	}
	return warnings
}
