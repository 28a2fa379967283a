package tds

import "cmp"

// canAlterLogins reports whether the session's login has ALTER ANY LOGIN.
func (c *session) canAlterLogins() bool {
	l := c.server.logins[fold(c.user)]
	return c.sysadmin || c.own.isOfServer() && l != nil && l.altersLogins
}

func createLogin(c *session, group []string) *refusal {
	name, password := group[0], group[1]
	if !c.canAlterLogins() {
		return denied()
	}
	if c.server.logins[fold(name)] != nil {
		return exists("login", name)
	}
	if refused := checkPolicy(name, password); refused != nil && fold(group[3]) != "off" {
		return refused
	}
	c.server.logins[fold(name)] = &login{name: name, password: password, defaultDatabase: cmp.Or(group[2], "master")}
	c.mutate(func() { delete(c.server.logins, fold(name)) })
	return nil
}

// alterLogin sets a password. Azure SQL does that in master only.
func alterLogin(c *session, group []string) *refusal {
	name, password, old, must := group[0], group[1], group[2], group[3]
	l := c.server.logins[fold(name)]
	if c.server.options.Edition == azureEdition && c.database.name != "master" {
		return refuse(5001, 16, "User must be in the master database.")
	}
	isOwn := c.own.isOfServer() && fold(c.user) == fold(name)
	if l == nil || !c.canAlterLogins() && (!isOwn || l.password != old) || l.sysadmin && !c.sysadmin {
		return noSuch("alter", "login", name)
	}
	if refused := checkPolicy(name, password); refused != nil {
		return refused
	}
	before := *l
	l.password = password
	if must != "" {
		l.condition = MustChange
	}
	c.mutate(func() { *l = before })
	return nil
}

func setDefaultDatabase(c *session, group []string) *refusal {
	l := c.server.logins[fold(group[0])]
	if l == nil || !c.canAlterLogins() {
		return denied()
	}
	before := l.defaultDatabase
	l.defaultDatabase = group[1]
	c.mutate(func() { l.defaultDatabase = before })
	return nil
}

func switchLogin(c *session, group []string) *refusal {
	l := c.server.logins[fold(group[0])]
	if l == nil || !c.canAlterLogins() {
		return noSuch("alter", "login", group[0])
	}
	before := l.condition
	l.condition = map[string]Condition{"enable": Usable, "disable": Disabled}[fold(group[1])]
	c.mutate(func() { l.condition = before })
	return nil
}
