package mysqld

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// create makes an account that is locked.
func create(s *Server, c *session, m []string) ([][]string, uint16) {
	a := &Account{User: text(m[1]), Host: text(m[2]), Plugin: plugin, Locked: true, History: s.policy.History}
	switch {
	case !c.as.CreateUser:
		return nil, privilegeNeeded
	case s.find(a.User, a.Host) != nil:
		return nil, cannotUser
	case !a.setAttribute(text(m[4])):
		return nil, invalidAttribute
	case s.refuses(a, text(m[3])) != 0:
		return nil, s.refuses(a, text(m[3]))
	}
	a.First = text(m[3])
	s.accounts = append(s.accounts, a)
	return nil, 0
}

// alter sets a password, and what else the statement has. The plugin, other terms and the second
// password stay (set_and_validate_user_attributes in mysql/mysql-server, sql/auth/sql_user.cc).
func alter(s *Server, c *session, m []string) ([][]string, uint16) {
	a, number := s.changed(c, m)
	if number != 0 {
		return nil, number
	}
	if number := s.refuses(a, text(m[3])); number != 0 {
		return nil, number
	}
	limits, known := a.Limits.with(m[5])
	if !known {
		return nil, syntaxError
	}
	if m[7] != "" && !a.setAttribute(text(m[7])) {
		return nil, invalidAttribute
	}
	a.set(text(m[3]))
	a.Limits, a.TLS = limits, a.TLS || m[4] != ""
	if m[6] != "" {
		a.Locked = !strings.HasSuffix(m[6], "UNLOCK")
	}
	return nil, 0
}

// setAttribute merges an object into the account's attributes, of which "rotunda" is kept.
func (a *Account) setAttribute(object string) bool {
	var attributes map[string]string
	if json.Unmarshal([]byte(object), &attributes) != nil {
		return false
	}
	if value, ok := attributes["rotunda"]; ok {
		a.Attribute = value
	}
	return true
}

// with returns limits with those of a clause.
func (l Limits) with(clause string) (Limits, bool) {
	words := strings.Fields(clause)
	for i := 0; i+1 < len(words); i += 2 {
		limit := map[string]*int{
			"MAX_QUERIES_PER_HOUR": &l.Queries, "MAX_UPDATES_PER_HOUR": &l.Updates,
			"MAX_CONNECTIONS_PER_HOUR": &l.Logins, "MAX_USER_CONNECTIONS": &l.Connections,
		}[words[i]]
		if limit == nil {
			return l, false
		}
		*limit, _ = strconv.Atoi(words[i+1]) // digits
	}
	return l, true
}

// terms returns ssl_type and the limits of all accounts of a name.
func terms(s *Server, c *session, m []string) ([][]string, uint16) {
	if !c.as.ReadUser {
		return nil, tableDenied
	}
	rows := [][]string{{"Host", "terms"}}
	for _, a := range s.accounts {
		if a.User == text(m[1]) {
			tls := map[bool]int{true: 1}[a.TLS]
			rows = append(rows, []string{a.Host, fmt.Sprintf(`{"ssl_type": %d, "max_questions": %d, "max_updates": %d, "max_connections": %d, "max_user_connections": %d}`,
				tls, a.Limits.Queries, a.Limits.Updates, a.Limits.Logins, a.Limits.Connections)})
		}
	}
	slices.SortFunc(rows[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return rows, 0
}
