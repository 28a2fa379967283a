package sqlserver

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// Probe implements rotation.Prober. A login of class A that works but is not a member of the role
// is Rejected too: nobody can use it, and Apply repairs it.
func (r Rotator) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	target, err := r.readTarget(s)
	if err != nil {
		return rotation.Unknown, err
	}
	if target.admin != nil && value.Equal(s.Admin) {
		return target.tryLogin(ctx, *target.admin)
	}
	tried, err := target.loginOf(value)
	if err != nil {
		return rotation.Unknown, err
	}
	return target.probe(ctx, tried)
}

// tryLogin only logs in.
func (t target) tryLogin(ctx context.Context, l login.Login) (rotation.Verdict, error) {
	session, err := t.server.logIn(ctx, l)
	if err != nil {
		return verdictOf(err)
	}
	session.close()
	return rotation.Accepted, nil
}

func verdictOf(err error) (rotation.Verdict, error) {
	if refusesLogin(err) {
		return rotation.Rejected, rejectedLogin()
	}
	return rotation.Unknown, newFault("The login", err)
}

// probe logs in, and in class A checks what the login may do.
func (t target) probe(ctx context.Context, l login.Login) (rotation.Verdict, error) {
	if t.class == rotation.Single {
		return t.tryLogin(ctx, l)
	}
	session, err := t.server.logIn(ctx, l)
	if err != nil {
		return verdictOf(err)
	}
	defer session.close()
	row, err := session.queryRow(ctx, 1, "SELECT CONVERT(nvarchar(20), IS_ROLEMEMBER("+quoteText(t.role)+"))")
	switch {
	case err != nil:
		return rotation.Unknown, newFault("The query for what the login may do", err)
	case row[0] != "1":
		return rotation.Rejected, rotation.Permanentf("The login works but is not a member of the database role in the tag CredentialId. Correct the tag, or run: ALTER ROLE %s ADD MEMBER %s;",
			quoteName(t.role), quoteName(t.principal(l.User)))
	}
	return rotation.Accepted, nil
}
