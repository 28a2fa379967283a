package mysqld

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The numbers of errors (mysqld_error.h).
const (
	accessDenied     = 1045
	syntaxError      = 1064
	unknownTable     = 1109
	tableDenied      = 1142
	privilegeNeeded  = 1227
	cannotUser       = 1396
	weakPassword     = 1819
	accountLocked    = 3118
	secureTransport  = 3159
	unknownRole      = 3523
	notGranted       = 3530
	usedBefore       = 3638
	emptySecond      = 3878
	wrongCurrent     = 3891
	missingCurrent   = 3892
	pluginChange     = 3894
	invalidAttribute = 3982
)

// literal matches a text in a session with the sql_mode NO_BACKSLASH_ESCAPES.
const literal = `'((?:[^']|'')*)'`

func text(matched string) string { return strings.ReplaceAll(matched, "''", "'") }

// statement is a form of statement, and what it does. The first row of an answer is the columns'
// names.
type statement struct {
	form *regexp.Regexp
	run  func(s *Server, c *session, m []string) (rows [][]string, number uint16)
}

func form(pattern string) *regexp.Regexp { return regexp.MustCompile(`^(?is:` + pattern + `);?\s*$`) }

var statements = []statement{
	{form(`SET ROLE ALL`), setRoleAll},
	{form(`SET .*`), done},
	{form(`SELECT VERSION\(\)`), func(s *Server, _ *session, _ []string) ([][]string, uint16) { return one(s.version) }},
	{form(`select @@version_comment limit 1`), func(*Server, *session, []string) ([][]string, uint16) { return one("stand-in") }},
	{form(`SELECT CURRENT_USER\(\)`), func(_ *Server, c *session, _ []string) ([][]string, uint16) { return one(c.as.User + "@" + c.as.Host) }},
	{form(`SELECT GET_LOCK\(` + literal + `, 0\)`), getLock},
	{form(`DO RELEASE_LOCK\(` + literal + `\)`), releaseLock},
	{form(`SELECT CONCAT_WS.* UUID.*`), func(s *Server, _ *session, _ []string) ([][]string, uint16) {
		return [][]string{{"location", "run"}, {s.Addr, "8000-0000"}}, 0
	}},
	{form(`SHOW GLOBAL VARIABLES WHERE Variable_name LIKE 'validate_password%' .*`), policyVariables},
	{form(`SELECT CURRENT_ROLE\(\)`), currentRole},
	{form(`SELECT ROLE_NAME, IS_GRANTABLE FROM information_schema\.APPLICABLE_ROLES WHERE ROLE_NAME = ` + literal + ` AND ROLE_HOST = '%'`), applicableRoles},
	{form(`SELECT Host, JSON_OBJECT\(.*\) FROM mysql\.user WHERE User = ` + literal + ` ORDER BY Host`), terms},
	{form(`SELECT HOST, COALESCE\(ATTRIBUTE->>'\$\.rotunda', ''\) FROM information_schema\.USER_ATTRIBUTES WHERE USER = ` + literal + ` ORDER BY HOST`), attributes},
	{form(`SELECT plugin, COALESCE\(JSON_CONTAINS_PATH\(User_attributes, 'one', '\$\.additional_password'\), 0\) FROM mysql\.user WHERE User = ` + literal + ` AND Host = ` + literal), stored},
	{form(`SELECT COALESCE\(Password_reuse_history, @@GLOBAL\.password_history\), COALESCE\(Password_reuse_time, @@GLOBAL\.password_reuse_interval\) FROM mysql\.user WHERE User = ` + literal + ` AND Host = ` + literal), reuse},
	{form(`ALTER USER IF EXISTS ` + literal + `@` + literal + ` ACCOUNT LOCK`), lockAccount},
	{form(`ALTER USER ` + literal + `@` + literal + ` IDENTIFIED WITH ` + literal + ` BY ` + literal + `( RETAIN CURRENT PASSWORD)?`), setPassword},
	{form(`ALTER USER ` + literal + `@` + literal + ` DISCARD OLD PASSWORD`), discard},
	{form(`ALTER USER USER\(\) IDENTIFIED BY ` + literal + `(?: REPLACE (` + literal + `))?`), setOwn},
	{form(`ALTER USER ` + literal + `@` + literal + ` DEFAULT ROLE ` + literal), setDefaultRole},
	{form(`ALTER USER ` + literal + `@` + literal + ` IDENTIFIED BY ` + literal + `( REQUIRE SSL)?(?: WITH((?: MAX_[A-Z_]+ [0-9]+)+))?( ACCOUNT (?:UN)?LOCK)?(?: ATTRIBUTE ` + literal + `)?`), alter},
	{form(`CREATE USER ` + literal + `@` + literal + ` IDENTIFIED BY ` + literal + ` ACCOUNT LOCK ATTRIBUTE ` + literal), create},
	{form(`GRANT ` + literal + ` TO ` + literal + `@` + literal), grant},
}

// run runs a statement.
func (s *Server) run(c *session, sql string) ([][]string, uint16) {
	change := changeOf(sql)
	s.reach(change, false)
	rows, number := s.runAlone(c, sql, change)
	s.reach(change, true)
	return rows, number
}

// runAlone runs a statement while no other one runs.
func (s *Server) runAlone(c *session, sql, change string) ([][]string, uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range statements {
		m := one.form.FindStringSubmatch(sql)
		if m == nil {
			continue
		}
		rows, number := one.run(s, c, m)
		if number == 0 && change != "" {
			s.changes = append(s.changes, change)
		}
		return rows, number
	}
	return nil, syntaxError
}

// The changes of an account.
const (
	Create  = "CREATE USER"
	Grant   = "GRANT"
	Default = "DEFAULT ROLE"
	Unlock  = "IDENTIFIED BY ... ACCOUNT UNLOCK"
	Lock    = "IDENTIFIED BY ... ACCOUNT LOCK"
	Set     = "IDENTIFIED BY"
	Retain  = "IDENTIFIED BY ... RETAIN CURRENT PASSWORD"
	Discard = "DISCARD OLD PASSWORD"
)

// changeOf returns which change a statement is, or "".
func changeOf(sql string) string {
	altered, password := strings.HasPrefix(sql, "ALTER USER "), strings.Contains(sql, " IDENTIFIED ")
	switch {
	case strings.HasPrefix(sql, "CREATE USER "):
		return Create
	case strings.HasPrefix(sql, "GRANT "):
		return Grant
	case altered && strings.Contains(sql, " DEFAULT ROLE "):
		return Default
	case altered && password && strings.Contains(sql, " ACCOUNT UNLOCK"):
		return Unlock
	case altered && password && strings.Contains(sql, " ACCOUNT LOCK"):
		return Lock
	case strings.HasSuffix(sql, " RETAIN CURRENT PASSWORD"):
		return Retain
	case strings.HasSuffix(sql, " DISCARD OLD PASSWORD"):
		return Discard
	case altered && password:
		return Set
	}
	return ""
}

func done(*Server, *session, []string) ([][]string, uint16) { return nil, 0 }

func one(value string) ([][]string, uint16) { return [][]string{{"value"}, {value}}, 0 }

func getLock(s *Server, c *session, m []string) ([][]string, uint16) {
	if owner := s.locks[text(m[1])]; owner != nil && owner != c {
		return one("0")
	}
	s.locks[text(m[1])] = c
	return one("1")
}

func releaseLock(s *Server, c *session, m []string) ([][]string, uint16) {
	if s.locks[text(m[1])] == c {
		delete(s.locks, text(m[1]))
	}
	return nil, 0
}

// attributes are visible of every account to who has CREATE USER.
func attributes(s *Server, c *session, m []string) ([][]string, uint16) {
	if s.version != Version {
		return nil, unknownTable
	}
	rows := [][]string{{"HOST", "rotunda"}}
	for _, a := range s.accounts {
		if a.User == text(m[1]) && (a == c.as || c.as.CreateUser) {
			rows = append(rows, []string{a.Host, a.Attribute})
		}
	}
	slices.SortFunc(rows[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return rows, 0
}

func stored(s *Server, c *session, m []string) ([][]string, uint16) {
	return s.ofUser(c, m, func(a *Account) []string { return []string{a.Plugin, strconv.Itoa(min(len(a.Second), 1))} })
}

func reuse(s *Server, c *session, m []string) ([][]string, uint16) {
	return s.ofUser(c, m, func(a *Account) []string { return []string{strconv.Itoa(a.History), "0"} })
}

// ofUser reads a row of mysql.user.
func (s *Server) ofUser(c *session, m []string, row func(*Account) []string) ([][]string, uint16) {
	if !c.as.ReadUser {
		return nil, tableDenied
	}
	rows := [][]string{{"a", "b"}}
	if a := s.find(text(m[1]), text(m[2])); a != nil {
		rows = append(rows, row(a))
	}
	return rows, 0
}

func lockAccount(s *Server, c *session, m []string) ([][]string, uint16) {
	if !c.as.CreateUser {
		return nil, privilegeNeeded
	}
	if s.find(text(m[1]), text(m[2])) != nil {
		return nil, syntaxError // the rotator does so with accounts that do not exist
	}
	return nil, 0
}

// changed returns the account that a statement changes.
func (s *Server) changed(c *session, m []string) (*Account, uint16) {
	a := s.find(text(m[1]), text(m[2]))
	switch {
	case !c.as.CreateUser:
		return nil, privilegeNeeded
	case a == nil:
		return nil, cannotUser
	}
	return a, 0
}

func setPassword(s *Server, c *session, m []string) ([][]string, uint16) {
	a, number := s.changed(c, m)
	if number != 0 {
		return nil, number
	}
	plugin, password, retain := text(m[3]), text(m[4]), m[5] != ""
	switch {
	case retain && a.First == "":
		return nil, emptySecond
	case retain && plugin != a.Plugin:
		return nil, pluginChange
	case s.refuses(a, password) != 0:
		return nil, s.refuses(a, password)
	case retain:
		a.Second = a.First
	case plugin != a.Plugin:
		a.Second = ""
	}
	a.Plugin = plugin
	a.set(password)
	return nil, 0
}

func discard(s *Server, c *session, m []string) ([][]string, uint16) {
	a, number := s.changed(c, m)
	if number != 0 {
		return nil, number
	}
	a.Second = ""
	return nil, 0
}
