package mysql

import (
	"context"
	"errors"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/tlsconfig"
)

// explain returns why the server rejects the secret's current value, as a fault that names the
// cause, or nil for a password that is simply wrong. MariaDB says the same of many causes; its
// administrator may look.
func (t target) explain(ctx context.Context, refusal error) error {
	if fault, ok := errors.AsType[*rotation.Fault](refusal); ok && fault.Permanent {
		return refusal // it names its cause
	}
	if t.admin == nil {
		return t.guess()
	}
	session, _, err := t.server.logIn(ctx, *t.admin)
	if err != nil {
		return t.guess() // the administrator's own login is tried next, and reports why it failed
	}
	defer session.close()
	if !session.mariaDB {
		return t.guess()
	}
	all, err := session.accounts(ctx, t.current.User)
	if err != nil || t.readOwners(ctx, session, all) != nil {
		return nil
	}
	return t.causeIn(all)
}

// guess is for who can't look.
func (t target) guess() error {
	if t.server.tls.Mode != tlsconfig.Disable {
		return nil
	}
	return rotation.Permanentf("The server %s rejects the secret's current value. Either it was changed there, or the server or the account requires TLS, which fails in the same words with sslmode=disable. Set the secret to a value that logs in, or remove sslmode=disable from the tag ProviderAddress.", t.server)
}

func (t target) causeIn(all []stored) error {
	if len(all) == 0 {
		return rotation.Permanentf("The server %s has no account named %s: it was dropped or renamed. Create it, or set the secret to a login that exists.", t.server, t.current.User)
	}
	for _, one := range all {
		switch {
		case !one.holds(t.current.Password):
			continue
		case one.locked:
			return t.server.fault(loggingIn, lockedAccount)
		case one.terms.TLS > tlsNone && t.server.tls.Mode == tlsconfig.Disable:
			return rotation.Permanentf("The account %s on %s has REQUIRE SSL, and the tag ProviderAddress has sslmode=disable. Remove it there.", one.user, t.server)
		case one.terms.TLS > tlsAny:
			return rotation.Permanentf("The account %s on %s requires a client certificate or a cipher that Rotunda does not have. Alter it to REQUIRE SSL.", one.user, t.server)
		}
		return rotation.Permanentf("The server %s knows this user and password only for other hosts than Rotunda's. Create the account for Rotunda's host, or for the host %%.", t.server)
	}
	return t.mayChange(all) // whose secret may have changed the password
}
