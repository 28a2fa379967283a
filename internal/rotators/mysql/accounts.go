package mysql

import (
	"context"
	"encoding/json"
	"slices"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
	"rotunda/internal/secret"
)

// stored is an account as MariaDB stores it.
type stored struct {
	account
	alternatives alternatives // nil if they are in a form that Rotunda does not know
	locked       bool
	terms        terms
	defaultRole  string
	lifetime     int      // days until a password expires; 0 or less for the server's default or never
	owners       []string // whose marks it bears
}

// parseStored reads a row of mysql.global_priv. A role has no alternatives; it is not an account.
func parseStored(a account, row string) (found stored, isAccount bool) {
	var fields struct {
		Role        bool   `json:"is_role"`
		Locked      bool   `json:"account_locked"`
		DefaultRole string `json:"default_role"`
		Lifetime    int    `json:"password_lifetime"`
	}
	found = stored{account: a}
	if json.Unmarshal([]byte(row), &fields) != nil {
		return found, true
	}
	found.alternatives, _ = parseAlternatives(row)
	found.locked, found.terms = fields.Locked, parseTerms(row)
	found.defaultRole, found.lifetime = fields.DefaultRole, fields.Lifetime
	return found, !fields.Role
}

// holds reports whether one of the account's alternatives is a password.
func (s stored) holds(password secret.Value) bool {
	return password.IsSet() && slices.Contains(s.alternatives, alternative{nativePlugin, nativeHash(password)})
}

// accounts returns all accounts of a name, whatever their hosts.
func (s *session) accounts(ctx context.Context, user string) (found []stored, err error) {
	rows, err := s.pairs(ctx, "reading mysql.global_priv", "SELECT Host, Priv FROM mysql.global_priv WHERE User = "+quote(user)+" ORDER BY Host")
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if one, ok := parseStored(account{user, row[0]}, row[1]); ok {
			found = append(found, one)
		}
	}
	return found, nil
}

// changed returns the accounts whose password a rotation in class O or S changes: all accounts of
// the name that have the secret's password, or the next one already. MariaDB chooses one of them
// by the client's host, and every reader has the same secret.
func (t target) changed(all []stored, next login.Login) ([]stored, error) {
	named := slices.DeleteFunc(slices.Clone(all), func(s stored) bool { return t.account.host != "" && s.host != t.account.host })
	holding := slices.DeleteFunc(slices.Clone(named), func(s stored) bool {
		return !s.holds(t.current.Password) && !s.holds(next.Password)
	})
	switch {
	case len(named) == 0:
		return nil, rotation.Permanentf("The server %s has no account %s. Create it, or correct the tag CredentialId, which may be user@host.", t.server, t.account)
	case len(holding) > 0:
		return holding, nil
	case len(named) > 1:
		return nil, rotation.Permanentf("The server %s has %d accounts named %s, and none has the secret's password. Name the account's host in the tag CredentialId: user@host.", t.server, len(named), t.account.user)
	}
	return named, nil // it lost the password that an earlier attempt gave it
}

// elsewhere returns a fault if the tag CredentialId names one host while accounts of other hosts
// have the same password. They would keep the old one, and readers there would fail.
func (t target) elsewhere(all []stored) error {
	if t.account.host == "" {
		return nil
	}
	for _, one := range all {
		if one.host != t.account.host && one.holds(t.current.Password) {
			return rotation.Permanentf("The server %s has another account named %s with the secret's password. Remove the host from the tag CredentialId, so that all of them change together; or give the other one another password.", t.server, t.account.user)
		}
	}
	return nil
}
