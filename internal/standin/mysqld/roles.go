package mysqld

import "slices"

// allRoles stands for all roles that a session's account has.
const allRoles = "ALL"

func setRoleAll(_ *Server, c *session, _ []string) ([][]string, uint16) {
	c.active = allRoles
	return nil, 0
}

// currentRole names the default role, as all that the rotator asks for is whether that is active.
func currentRole(_ *Server, c *session, _ []string) ([][]string, uint16) {
	if c.active == "" {
		return one("NONE")
	}
	return one("`" + c.active + "`@`%`")
}

// applicableRoles are those that the session's account has, active or not.
func applicableRoles(_ *Server, c *session, m []string) ([][]string, uint16) {
	rows := [][]string{{"ROLE_NAME", "IS_GRANTABLE"}}
	for _, r := range c.as.Roles {
		if r.Name == text(m[1]) {
			rows = append(rows, []string{r.Name, map[bool]string{true: "YES", false: "NO"}[r.Admin]})
		}
	}
	return rows, 0
}

// has returns a role that an account has, or the zero one.
func (a *Account) has(name string) Role {
	if at := slices.IndexFunc(a.Roles, func(r Role) bool { return r.Name == name }); at >= 0 {
		return a.Roles[at]
	}
	return Role{}
}

// grant gives an account a role that is active in the session, which must have it WITH ADMIN
// OPTION (has_grant_role_privilege in mysql/mysql-server, sql/auth/sql_authorization.cc).
func grant(s *Server, c *session, m []string) ([][]string, uint16) {
	name, a := text(m[1]), s.find(text(m[2]), text(m[3]))
	switch {
	case s.find(name, "%") == nil || a == nil:
		return nil, unknownRole
	case !c.as.has(name).Admin || c.active != allRoles && c.active != name:
		return nil, privilegeNeeded
	}
	if a.has(name).Name == "" {
		a.Roles = append(slices.Clone(a.Roles), Role{Name: name})
	}
	return nil, 0
}

func setDefaultRole(s *Server, c *session, m []string) ([][]string, uint16) {
	a, number := s.changed(c, m)
	switch {
	case number != 0:
		return nil, number
	case a.has(text(m[3])).Name == "":
		return nil, notGranted
	}
	a.DefaultRole = text(m[3])
	return nil, 0
}
