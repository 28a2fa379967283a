package rotators

import (
	"context"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// mysqlTarget is what a subject says of a MariaDB or MySQL login.
type mysqlTarget struct {
	address mysqlAddress
	class   rotation.Class
	account mysqlAccount // in class A the role, and the host of both accounts
	current login
	admin   *login // nil without AdminSecret
}

// readMySQL reads a subject, and finds all that is wrong with it before anybody is asked.
func readMySQL(s rotation.Subject) (t mysqlTarget, err error) {
	if t.address, err = parseMySQLAddress(s.Address); err != nil {
		return t, err
	}
	if t.class, err = mysqlClass(s); err != nil {
		return t, err
	}
	if s.Admin.IsSet() {
		admin, err := parseAdmin(s.Admin)
		if err != nil {
			return t, err
		}
		t.admin = &admin
	}
	t.account = parseMySQLAccount(s.CredentialID)
	if t.current, err = t.parse(s.Current); err != nil {
		return t, err
	}
	if t.account.user == "" {
		t.account.user = t.current.user
	}
	return t, t.check(s)
}

func mysqlClass(s rotation.Subject) (rotation.Class, error) {
	class := rotation.Class(s.Tags[tagClass])
	if class == "" {
		class = rotation.Overlap
	}
	switch class {
	case rotation.Single:
		return class, nil
	case rotation.Overlap, rotation.Alternating:
		if s.Admin.IsSet() {
			return class, nil
		}
		return class, rotation.Permanentf("Class %s needs an administrator with CREATE USER: name its secret in the tag AdminSecret, or set RotationClass=S.", class)
	}
	return class, rotation.Permanentf("The tag %s must be O, A or S for MariaDB and MySQL, or absent.", tagClass)
}

func (t mysqlTarget) check(s rotation.Subject) error {
	switch {
	case strings.ContainsFunc(t.account.String()+t.current.user, isControl):
		return rotation.Permanentf("The user name, in the tag CredentialId or in the value, has control characters.")
	case t.class == rotation.Alternating && s.CredentialID == "":
		return rotation.Permanentf("Class A needs the tag CredentialId: the role that has the rights of the two accounts.")
	case t.class != rotation.Overlap && t.admin != nil && t.admin.user == t.current.user:
		return rotation.Permanentf("The login is AdminSecret's own. Use another administrator, or leave AdminSecret out in class S.")
	}
	return nil
}

// loginOf reads a value that is of the admin or of what is rotated.
func (t mysqlTarget) loginOf(s rotation.Subject, value secret.Value) (login, error) {
	if t.admin != nil && value.Equal(s.Admin) {
		return *t.admin, nil
	}
	return t.parse(value)
}

func (t mysqlTarget) parse(value secret.Value) (login, error) {
	l, err := parseLogin(value, t.account.user)
	switch {
	case err != nil:
		return l, err
	case t.class == rotation.Alternating && l.bare:
		return l, rotation.Permanentf("The secret's value is a bare password, but in class A the user name changes too: make it a URL or JSON with username and password, or choose another RotationClass.")
	case t.class != rotation.Alternating && t.account.user != "" && l.user != t.account.user:
		return l, rotation.Permanentf("The secret's value is for another user than the tag CredentialId says. Mend the tag or leave it out.")
	}
	return l, nil
}

// authority logs in who may change things. Without an admin that is the account with its current password, or with the
// new one when that is what it has already.
func (t mysqlTarget) authority(ctx context.Context, next login) (*mysqlSession, error) {
	who := t.current
	if t.admin != nil {
		who = *t.admin
	}
	session, verdict, err := t.address.login(ctx, who)
	if verdict == rotation.Rejected && t.admin == nil {
		session, _, err = t.address.login(ctx, next)
	}
	return session, err
}

// identity is also what the server's lock is made of.
func (t mysqlTarget) identity() string { return t.address.String() + " as " + t.account.String() }

func (t mysqlTarget) warnings() []string {
	switch {
	case t.class == rotation.Single:
		return []string{"In class S, new logins fail between the change of the password and the secret's new version. Classes O and A have no such gap."}
	case t.class == rotation.Alternating && !t.alternates(t.current.user):
		return []string{"The first rotation leaves the present account, which is locked at the end of the grace period."}
	}
	return nil
}

// applySingle replaces the password. As an account's own deed it needs no right.
func (t mysqlTarget) applySingle(ctx context.Context, session *mysqlSession, next login, fence func(context.Context) error) error {
	if err := fence(ctx); err != nil {
		return err
	}
	statement := "ALTER USER USER() IDENTIFIED BY " + quoteSQL(next.password.Reveal())
	switch {
	case t.admin != nil:
		statement = "ALTER USER " + t.account.sql() + " IDENTIFIED BY " + quoteSQL(next.password.Reveal())
	case session.mariaDB:
		statement = "SET PASSWORD = " + quoteSQL(nativeHash(next.password))
	}
	return session.run(ctx, "setting the password", statement)
}
