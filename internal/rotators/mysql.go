package rotators

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// MySQL rotates the password of a MariaDB account (10.4 or newer) in class O, A or S, and of a MySQL account in class A or S.
//
//   - O, the default: an account of MariaDB may have alternatives. The new password becomes the first one, the others stay, the
//     old one until it is retired. The account may have two alternatives before that.
//   - A: two accounts, CredentialId with _a and _b, take turns. CredentialId is a role that has the rights, and their default.
//   - S: the one password is replaced; new logins fail until the secret has it.
//
// MariaDB is told hashes, so that its general log has no password. MySQL is told passwords, which it leaves out of its logs.
// MySQL's way was written by its manual; the tests run on MariaDB.
//
// Tags:
//   - ProviderAddress: mysql://host:3306 or mariadb://host:3306, with ?sslmode=disable|require|verify-full (the default) and
//     &sslrootcert=/path/ca.pem, which stands in for the system's roots
//   - CredentialId: the account as user or user@host, host being % by default; may be absent if the value has the user and
//     the class is not A
//   - AdminSecret: who changes the password. In class S the account does so itself without it
//   - RotationClass, PasswordLength, PasswordExclude
//
// Rights of the login of AdminSecret: CREATE USER; in class O and S SELECT on mysql.global_priv; in class A the role WITH
// ADMIN OPTION. An account that changes its own password needs none.
type MySQL struct{}

var _ rotation.Setter = MySQL{}

// Plan implements rotation.Rotator.
func (MySQL) Plan(s rotation.Subject) (rotation.Plan, error) {
	target, err := readMySQL(s)
	if err != nil {
		return rotation.Plan{}, err
	}
	next, decoy, err := renewed(target.current, target.nextUser(), s.Tags)
	return rotation.Plan{
		Class: target.class, Identity: target.identity(), Next: next, Decoy: decoy, Warnings: target.warnings(),
	}, err
}

// Probe implements rotation.Prober.
func (MySQL) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	target, err := readMySQL(s)
	if err != nil {
		return rotation.Unknown, err
	}
	login, err := target.loginOf(s, value)
	if err != nil {
		return rotation.Unknown, err
	}
	session, verdict, err := target.address.login(ctx, login)
	defer session.close()
	if verdict == rotation.Accepted && target.alternates(login.user) {
		return target.checkRole(ctx, session)
	}
	return answered(verdict, err)
}

// Apply implements rotation.Setter.
func (MySQL) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence func(context.Context) error) error {
	target, err := readMySQL(s)
	if err != nil {
		return err
	}
	login, err := target.loginOf(s, next)
	if err != nil {
		return err
	}
	session, err := target.authority(ctx, login)
	if err != nil {
		return err
	}
	defer session.close()
	if err := session.lock(ctx, target.identity()); err != nil {
		return err
	}
	switch {
	case target.class == rotation.Alternating:
		return target.applyAlternating(ctx, session, login, fence)
	case session.mariaDB && target.admin != nil:
		return target.applyAlternatives(ctx, session, login, fence)
	case target.class == rotation.Overlap:
		return rotation.Permanentf("The server %s is not MariaDB, and only that has class O here. Set the tag RotationClass to A or S.", target.address)
	}
	return target.applySingle(ctx, session, login, fence)
}

// Retire implements rotation.Setter.
func (MySQL) Retire(ctx context.Context, s rotation.Subject, old secret.Value) error {
	target, err := readMySQL(s)
	if err != nil || target.class == rotation.Single { // there Apply put the new password in its place
		return err
	}
	login, err := target.loginOf(s, old)
	if err != nil || login.user == target.current.user && login.password.Equal(target.current.password) {
		return err
	}
	session, err := target.authority(ctx, target.current)
	if err != nil {
		return err
	}
	defer session.close()
	if err := session.lock(ctx, target.identity()); err != nil {
		return err
	}
	if target.class == rotation.Alternating {
		return target.retireAlternating(ctx, session, login)
	}
	return target.retireAlternative(ctx, session, login)
}
