// Package sqlserver rotates passwords of SQL Server 2012 and later, Azure SQL Database and Azure
// SQL Managed Instance.
//
// Class A, which needs AdminSecret: <CredentialId>_a and <CredentialId>_b take turns to log in.
// The rotator creates both on demand, as members of the database role in CredentialId. Where the
// database is contained, as on Azure SQL, they are users with a password, and otherwise logins of
// the server with a user in the database.
//
// Class S: a login's or a contained user's own password is replaced, by AdminSecret's login or
// else by itself.
//
// Tags:
//   - ProviderAddress: sqlserver://host:1433/database?sslmode=verify-full&sslrootcert=ca.pem, or
//     the ARM id of a server or a database of Azure SQL
//   - CredentialId: in class A the role; in class S the login, needed for a bare password only
//   - RotationClass: A or S; without it A with AdminSecret, and S without
//   - AdminSecret, PasswordLength, PasswordExclude, PasswordSymbols
//
// In class S without AdminSecret, no right is needed. Otherwise AdminSecret's login needs ALTER
// ANY USER in the database for its users, ALTER ANY LOGIN for logins of the server, and in class
// A ALTER on the role.
//
// A user that an administrator changes is marked with the vault and the secret, by the extended
// property Rotunda. One with another secret's mark is never changed, and one without a mark only
// if the secret's own password logs in as it. A login of the server can't have such a property:
// the mark is that of its user in the database, if it has one there. That mark counts only if the
// login has the database as its default: who owns another database could write it there.
//
// The server is sent passwords as they are: Azure SQL refuses hashes (PASSWORD = 0x... HASHED),
// and a server applies its policy to passwords only. So the server must be verified.
package sqlserver

import (
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Rotator implements rotation.Setter in classes A and S.
type Rotator struct {
	Cloud cloud.Configuration // in which the servers of ARM ids are; the zero value is the public one

	dial dialFunc // nil for bounded.Dial
}

var (
	_ rotation.Setter    = Rotator{}
	_ rotation.Locator   = Rotator{}
	_ rotation.Comparer  = Rotator{}
	_ rotation.Addressed = Rotator{}
)

// Describe implements rotation.Described.
func (Rotator) Describe() rotation.Description {
	return rotation.Description{
		Names:     []string{"sqlserver"},
		Resources: []string{serverType, databaseType},
		Refused:   []string{managedType},
		Classes:   []rotation.Class{rotation.Alternating, rotation.Single},
		Tags:      []string{rotation.TagAdminSecret, rotation.TagClass, rotation.TagValueField, rotation.TagPasswordLength, rotation.TagPasswordExclude, rotation.TagPasswordSymbols},
	}
}

// Plan implements rotation.Rotator.
func (r Rotator) Plan(s rotation.Subject) (rotation.Plan, error) {
	target, err := r.readTarget(s)
	if err != nil {
		return rotation.Plan{}, err
	}
	next, decoy, err := target.current.Renew(target.nextUser(), s.Tags)
	if err != nil {
		return rotation.Plan{}, err
	}
	if err := target.checkPolicy(next); err != nil {
		return rotation.Plan{}, err
	}
	return rotation.Plan{
		Class: target.class, Identity: target.identity(), Next: next, Decoy: decoy, Warnings: target.warnings(),
	}, nil
}

// Same implements rotation.Comparer.
func (r Rotator) Same(s rotation.Subject, a, b secret.Value) bool {
	target, err := r.readTarget(s)
	return err == nil && login.Same(a, b, target.loginOf)
}

// warnings are about what is allowed but could be better.
func (t target) warnings() []string {
	var warnings []string
	if t.class == rotation.Single {
		warnings = append(warnings, "In class S, new logins fail from the change of the password until readers have the new one. "+
			"Class A has no such gap: name an AdminSecret, set RotationClass=A, and set CredentialId to a database role.")
	}
	if t.class == rotation.Alternating && !t.pair().Includes(t.current.User) {
		warnings = append(warnings, fmt.Sprintf("The first rotation moves readers to %s. The login that they have now gets a password that nobody knows "+
			"when the old value is retired; whoever else logs in with it must move before that.", t.nextUser()))
	}
	return append(warnings, t.server.tls.Warnings("sslmode="+string(t.server.tls.Mode))...)
}
