package mysql

import (
	"context"
	"encoding/json"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/login"
)

// mySQLAccount is a MySQL account and its attribute "rotunda".
type mySQLAccount struct {
	account
	mark string
}

// mySQLAccounts returns all accounts of a name. They are visible to who has CREATE USER.
func (s *session) mySQLAccounts(ctx context.Context, user string) (found []mySQLAccount, err error) {
	rows, err := s.pairs(ctx, "reading information_schema.USER_ATTRIBUTES",
		"SELECT HOST, COALESCE(ATTRIBUTE->>'$.rotunda', '') FROM information_schema.USER_ATTRIBUTES WHERE USER = "+quote(user)+" ORDER BY HOST")
	for _, row := range rows {
		found = append(found, mySQLAccount{account{user, row[0]}, row[1]})
	}
	return found, err
}

// mayTakeMySQL is mayTake where no hash can be read. CREATE USER sets the mark, so no account of
// ours is without one.
func (t target) mayTakeMySQL(accounts []mySQLAccount, l login.Login) error {
	for _, one := range accounts {
		if one.account != t.accountOf(l) || one.mark != t.mark {
			return t.foreignMySQL(one)
		}
	}
	return nil
}

func (t target) foreignMySQL(one mySQLAccount) error {
	if one.mark != "" {
		return rotation.Permanentf("The account %s on %s belongs to another secret (%s). Two secrets can't rotate one account. Give this secret a login of its own; or, if the other secret is gone, remove its mark: ALTER USER %s ATTRIBUTE '{\"rotunda\": null}';",
			one.account, t.server, t.nameOfMark(one.mark), one.sql())
	}
	return rotation.Permanentf("The server %s has an account %s that this secret's rotation did not make, and Rotunda changes no such account. Drop it, or name another role in the tag CredentialId. If it is this secret's all the same, run: ALTER USER %s ATTRIBUTE %s;", t.server, one.account, one.sql(), t.attribute())
}

// attribute is the attribute that marks a MySQL account.
func (t target) attribute() string {
	text, _ := json.Marshal(map[string]string{"rotunda": t.mark}) // text can always be encoded
	return quote(string(text))
}
