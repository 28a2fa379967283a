// Package mysql rotates the password of an account of MariaDB (10.4 or newer) or MySQL (8.0.21 or
// newer) in class O, A or S.
//
//   - O, the default: an account of MariaDB may have alternative passwords. The new password
//     becomes the first; the others stay, and the old one is removed when it is retired. The
//     account may have two alternatives before the rotation. An account of MySQL keeps its old
//     password as the second one (RETAIN CURRENT PASSWORD) until it is retired, and must have no
//     second one before.
//   - A: two accounts, CredentialId with _a and _b, take turns. CredentialId is a role that has
//     the rights, and is the default role of both. They bear the mark of one secret: on MariaDB a
//     role without rights, on MySQL (8.0.21 or newer) the attribute "rotunda". An account without
//     that mark is not changed, unless it has the secret's own password.
//   - S: the one password is replaced; new logins fail until the secret has the new one.
//
// MariaDB may have several accounts of one name, for different hosts. Those with the secret's
// password change together.
//
// MariaDB is sent hashes, so its general log holds no password. MySQL is sent passwords, which it
// leaves out of its logs. What is done on MySQL follows its manual; the tests run on MariaDB, and
// on a stand-in of MySQL.
//
// Tags:
//   - ProviderAddress: mysql://host:3306 or mariadb://host:3306, with
//     ?sslmode=disable|require|verify-ca|verify-full (the default) and &sslrootcert=ca.pem, a file
//     that replaces the system's authorities
//   - CredentialId: the account, as user or user@host; it may be absent if the value has the user
//     and the class is not A. In class A the host is that of both accounts, % by default
//   - AdminSecret: the login that changes the password; in class S without it, the account changes
//     its own
//   - RotationClass, ValueField, PasswordLength, PasswordExclude, PasswordSymbols
//
// The login of AdminSecret needs CREATE USER and, on MariaDB, SELECT on mysql.global_priv; in
// class A also SELECT on mysql.roles_mapping, and the role WITH ADMIN OPTION. On MySQL, classes O
// and A need SELECT on mysql.user, and class A the role WITH ADMIN OPTION. An account that changes
// its own password needs no right.
package mysql

import (
	"context"
	"errors"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Rotator implements rotation.Setter in classes O, A and S.
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
		Names:   []string{"mysql", "mariadb"},
		Classes: []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single},
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
	return err == nil && login.Same(a, b, target.parse)
}

// Probe implements rotation.Prober.
func (Rotator) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	target, tried, err := readBoth(s, value)
	if err != nil {
		return rotation.Unknown, err
	}
	session, verdict, err := target.server.logIn(ctx, tried)
	defer session.close()
	switch {
	case verdict == rotation.Accepted && target.alternates(tried.User):
		return target.checkRole(ctx, session, tried.User)
	case verdict == rotation.Rejected && value.Equal(s.Current):
		return verdict, target.explain(ctx, err)
	}
	return login.Answer(verdict, err)
}

// Apply implements rotation.Setter.
func (Rotator) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence rotation.Fence) error {
	target, renewed, err := readBoth(s, next)
	if err != nil {
		return err
	}
	session, err := target.openLocked(ctx, renewed)
	if err != nil {
		return err
	}
	defer session.close()
	err = target.apply(ctx, session, renewed, fence)
	if errors.Is(err, rotation.ErrRefusedByPolicy) {
		return session.explainPolicy(ctx)
	}
	return err
}

func (t target) apply(ctx context.Context, session *session, next login.Login, fence rotation.Fence) error {
	switch {
	case t.class == rotation.Alternating:
		return t.applyAlternating(ctx, session, next, fence)
	case session.mariaDB && t.admin != nil:
		return t.applyAlternatives(ctx, session, next, fence)
	case t.class == rotation.Overlap:
		return t.applyRetaining(ctx, session, next, fence)
	}
	return t.applySingle(ctx, session, next, fence)
}

// Retire implements rotation.Setter. In class S, Apply has replaced the old password already.
func (Rotator) Retire(ctx context.Context, s rotation.Subject, old secret.Value, fence rotation.Fence) error {
	target, err := readTarget(s)
	if err != nil || target.class == rotation.Single {
		return err
	}
	retired, err := target.loginOf(s, old)
	if err != nil || retired.User == target.current.User && retired.Password.Equal(target.current.Password) {
		return err
	}
	session, err := target.openLocked(ctx, target.current)
	if err != nil {
		return err
	}
	defer session.close()
	switch {
	case target.class == rotation.Alternating:
		return target.retireAlternating(ctx, session, retired, fence)
	case !session.mariaDB:
		return target.retireSecond(ctx, session, retired, fence)
	}
	return target.retireAlternative(ctx, session, retired, fence)
}
