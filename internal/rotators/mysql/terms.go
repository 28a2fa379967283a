package mysql

import (
	"context"
	"encoding/json"
	"strconv"
)

// terms are what an account sets for its logins beside the password, as a row of
// mysql.global_priv has them.
type terms struct {
	TLS         int     `json:"ssl_type"` // what REQUIRE asks for
	Queries     int     `json:"max_questions"`
	Updates     int     `json:"max_updates"`
	Logins      int     `json:"max_connections"`
	Connections int     `json:"max_user_connections"`
	Seconds     float64 `json:"max_statement_time"`
}

// What REQUIRE asks for: greater numbers ask for more than any TLS (enum SSL_type in MariaDB's
// include/violite.h).
const (
	tlsNone = 0
	tlsAny  = 1
)

// parseTerms reads a row. What it does not know counts as not set.
func parseTerms(row string) (t terms) {
	_ = json.Unmarshal([]byte(row), &t)
	return t
}

// sql returns the clauses that give an account these terms; those that are not set stay as they
// are there.
func (t terms) sql() (clauses string) {
	if t.TLS > tlsNone {
		clauses = " REQUIRE SSL"
	}
	limits := ""
	for _, one := range []struct {
		name  string
		limit int
	}{
		{"MAX_QUERIES_PER_HOUR", t.Queries},
		{"MAX_UPDATES_PER_HOUR", t.Updates},
		{"MAX_CONNECTIONS_PER_HOUR", t.Logins},
		{"MAX_USER_CONNECTIONS", t.Connections},
	} {
		if one.limit != 0 {
			limits += " " + one.name + " " + strconv.Itoa(one.limit)
		}
	}
	if t.Seconds > 0 {
		limits += " MAX_STATEMENT_TIME " + strconv.FormatFloat(t.Seconds, 'f', -1, 64)
	}
	if limits != "" {
		clauses += " WITH" + limits
	}
	return clauses
}

// currentTerms returns the terms of the account that the secret has now. The other account of the
// pair gets them at each rotation.
func (t target) currentTerms(ctx context.Context, session *session) (found terms, err error) {
	all, err := session.accounts(ctx, t.current.User)
	for _, one := range all {
		if one.holds(t.current.Password) {
			found = one.terms
		}
		if one.account == t.accountOf(t.current) {
			break
		}
	}
	return found, err
}
