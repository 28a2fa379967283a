package tds

// The statements that change users and roles, as learn.microsoft.com/sql/t-sql/statements
// describes them.

// mutate notes how to take a change back.
func (c *session) mutate(undo func()) {
	if c.open {
		c.undo = append(c.undo, undo)
	}
}

func (c *session) can(right string) bool {
	return c.sysadmin || c.own != nil && c.own.rights[right]
}

// isOfServer reports whether the session's user has a login: one of a contained database has none.
func (p *principal) isOfServer() bool { return p == nil || p.login != "" }

func begin(c *session, _ []string) *refusal {
	c.open = true
	c.changed.env(envBegin, append([]byte{8}, 1, 0, 0, 0, 0, 0, 0, 0), []byte{0})
	return nil
}

func commit(c *session, _ []string) *refusal {
	c.open, c.undo = false, nil
	c.changed.env(envCommit, []byte{0}, append([]byte{8}, 1, 0, 0, 0, 0, 0, 0, 0))
	return nil
}

func rollBack(c *session, _ []string) *refusal {
	if !c.open {
		return nil
	}
	c.rollBack()
	c.changed.env(envRollback, []byte{0}, append([]byte{8}, 1, 0, 0, 0, 0, 0, 0, 0))
	return nil
}

func (c *session) mayWrite() *refusal {
	if c.database.readOnly {
		return refuse(3906, 16, "Failed to update database \"%s\" because the database is read-only.", c.database.name)
	}
	return nil
}

// createUser makes a user with a password, or one for a login.
func createUser(c *session, group []string) *refusal {
	name, password, schema := group[0], group[1], group[2]
	if !c.database.contained {
		return refuse(33233, 16, "You can only create a user with a password in a contained database.")
	}
	if refused := checkPolicy(name, password); refused != nil {
		return refused
	}
	return c.addUser(&principal{name: name, kind: kindUser, password: password, schema: schema})
}

func createUserForLogin(c *session, group []string) *refusal {
	l := c.server.logins[fold(group[1])]
	if l == nil {
		return refuse(15007, 16, "'%s' is not a valid login or you do not have permission.", group[1])
	}
	return c.addUser(&principal{name: group[0], kind: kindUser, login: l.name, schema: group[2]})
}

func (c *session) addUser(p *principal) *refusal {
	if refused := c.mayWrite(); refused != nil {
		return refused
	}
	if !c.can("ALTER ANY USER") {
		return denied()
	}
	if p.schema == "" {
		p.schema = "dbo"
	}
	p.properties, p.rights = map[string]string{}, map[string]bool{}
	return c.addPrincipal(p)
}

func (c *session) addPrincipal(p *principal) *refusal {
	db, key := c.database, fold(p.name)
	if db.principals[key] != nil {
		return exists("user", p.name)
	}
	db.principals[key] = p
	c.mutate(func() { delete(db.principals, key) })
	return nil
}

func createRole(c *session, group []string) *refusal {
	if !c.sysadmin {
		return denied()
	}
	return c.addPrincipal(&principal{name: group[0], kind: kindRole, members: map[string]bool{}, properties: map[string]string{}})
}

func createDatabase(c *session, group []string) *refusal {
	switch {
	case !c.sysadmin:
		return denied()
	case c.server.databases[fold(group[0])] != nil:
		return exists("database", group[0])
	}
	c.server.databases[fold(group[0])] = newDatabase(group[0], group[1] != "" || c.server.options.Edition == azureEdition)
	return nil
}

func setReadOnly(c *session, group []string) *refusal {
	db := c.server.databases[fold(group[0])]
	if !c.sysadmin || db == nil {
		return denied()
	}
	db.readOnly = fold(group[1]) == "read_only"
	return nil
}

// alterUser sets a password. Without ALTER ANY USER, a user changes its own and must say the old
// one.
func alterUser(c *session, group []string) *refusal {
	name, password, old := group[0], group[1], group[2]
	p := c.database.principals[fold(name)]
	if refused := c.mayWrite(); refused != nil {
		return refused
	}
	if p == nil || p.kind != kindUser || p.login != "" || !c.can("ALTER ANY USER") && (p != c.own || p.password != old) {
		return noSuch("alter", "user", name)
	}
	if refused := checkPolicy(name, password); refused != nil {
		return refused
	}
	before := p.password
	p.password = password
	c.mutate(func() { p.password = before })
	return nil
}

func (c *session) mayAlterRole(role string) bool {
	return c.can("ALTER ANY ROLE") || c.can("ALTER "+fold(role))
}

func alterMember(c *session, group []string) *refusal {
	role, p := c.database.principals[fold(group[0])], c.database.principals[fold(group[2])]
	switch {
	case role == nil || role.kind != kindRole || !c.mayAlterRole(group[0]):
		return noSuch("alter", "role", group[0])
	case p == nil:
		return noSuch("add", "principal", group[2])
	}
	had, key := role.members[fold(p.name)], fold(p.name)
	role.members[key] = fold(group[1]) == "add"
	c.mutate(func() { role.members[key] = had })
	return nil
}

func addProperty(c *session, group []string) *refusal {
	name, value, user := group[0], group[1], group[2]
	p := c.database.principals[fold(user)]
	switch {
	case p == nil || !c.can("ALTER ANY USER"):
		return refuse(15135, 16, "Object is invalid. Extended properties are not permitted on '%s', or the object does not exist.", user)
	case p.properties[name] != "":
		return refuse(15233, 16, "Property cannot be added. Property '%s' already exists for '%s'.", name, user)
	}
	p.properties[name] = value
	c.mutate(func() { delete(p.properties, name) })
	return nil
}

func dropProperty(c *session, group []string) *refusal {
	p := c.database.principals[fold(group[1])]
	if p == nil || !c.sysadmin || p.properties[group[0]] == "" {
		return refuse(15217, 16, "Property cannot be updated or deleted. Property '%s' does not exist for '%s'.", group[0], group[1])
	}
	delete(p.properties, group[0])
	return nil
}

func drop(c *session, group []string) *refusal {
	name := group[1]
	if !c.sysadmin {
		return denied()
	}
	if fold(group[0]) == "login" {
		if c.server.logins[fold(name)] == nil {
			return noSuch("drop", "login", name)
		}
		delete(c.server.logins, fold(name))
		return nil
	}
	if c.database.principals[fold(name)] == nil {
		return noSuch("drop", group[0], name)
	}
	delete(c.database.principals, fold(name))
	return nil
}

func grant(c *session, group []string) *refusal {
	p, given := c.database.principals[fold(group[2])], fold(group[0]) == "grant"
	if p == nil || !c.sysadmin {
		return noSuch("find", "user", group[2])
	}
	p.rights[group[1]] = given
	return nil
}

func grantOnRole(c *session, group []string) *refusal {
	return grant(c, []string{group[0], "ALTER " + fold(group[1]), group[2]})
}

func grantOnServer(c *session, group []string) *refusal {
	l := c.server.logins[fold(group[1])]
	if l == nil || !c.sysadmin {
		return noSuch("find", "login", group[1])
	}
	l.altersLogins = fold(group[0]) == "grant"
	return nil
}
