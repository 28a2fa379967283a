package tds

import "strconv"

var statements = []statement{
	{form: form(`(?:set \w+ [\w, ]+\s*)+`), run: func(*session, []string) ([][]string, *refusal) { return nil, nil }},
	{form: query(`SELECT 1`), columns: 1, run: func(*session, []string) ([][]string, *refusal) { return [][]string{{"1"}}, nil }},
	{form: query(`SELECT SUSER_SNAME()`), columns: 1, run: func(c *session, _ []string) ([][]string, *refusal) { return [][]string{{c.user}}, nil }},
	{form: query(infoQuery), columns: 11, run: info},
	{form: query(principalQuery), columns: 7, run: principals},
	{form: query(`SELECT CONVERT(nvarchar(20), COUNT(*)) FROM sys.sql_logins WHERE name = <text>`), columns: 1, run: countLogins},
	{form: query(`SELECT default_database_name FROM sys.sql_logins WHERE name = <text>`), columns: 1, run: defaultDatabase},
	{form: query(`SELECT CONVERT(nvarchar(20), IS_ROLEMEMBER(<text>))`), columns: 1, run: isRoleMember},
	{form: query(rightsQuery), columns: 3, run: rights},
	{form: query(lockBatch), columns: 1, run: lock},
	change(`EXEC sys.sp_releaseapplock @Resource = <text>, @LockOwner = 'Session'`, unlock),
	change(`BEGIN TRANSACTION`, begin),
	change(`COMMIT TRANSACTION`, commit),
	change(`IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION`, rollBack),
	change(`CREATE DATABASE <id>( CONTAINMENT = PARTIAL)?`, createDatabase),
	change(`ALTER DATABASE <id> SET (READ_ONLY|READ_WRITE)`, setReadOnly),
	change(`CREATE ROLE <id>`, createRole),
	change(`CREATE USER <id> WITH PASSWORD = <text>(?:, DEFAULT_SCHEMA = <id>)?`, createUser),
	change(`CREATE USER <id> FOR LOGIN <id>(?: WITH DEFAULT_SCHEMA = <id>)?`, createUserForLogin),
	change(`CREATE LOGIN <id> WITH PASSWORD = <text>(?:, DEFAULT_DATABASE = <id>)?(?:, CHECK_EXPIRATION = OFF)?(?:, CHECK_POLICY = (ON|OFF))?`, createLogin),
	change(`ALTER USER <id> WITH PASSWORD = <text>(?: OLD_PASSWORD = <text>)?`, alterUser),
	change(`ALTER LOGIN <id> WITH PASSWORD = <text>(?: OLD_PASSWORD = <text>)?( MUST_CHANGE)?`, alterLogin),
	change(`ALTER LOGIN <id> (ENABLE|DISABLE)`, switchLogin),
	change(`ALTER LOGIN <id> WITH DEFAULT_DATABASE = <id>`, setDefaultDatabase),
	change(`ALTER ROLE <id> (ADD|DROP) MEMBER <id>`, alterMember),
	change(`DROP (LOGIN|USER|ROLE) <id>`, drop),
	change(`(GRANT|REVOKE) (ALTER ANY USER|ALTER ANY ROLE) (?:TO|FROM) <id>`, grant),
	change(`(GRANT|REVOKE) ALTER ON ROLE::<id> (?:TO|FROM) <id>`, grantOnRole),
	change(`(GRANT|REVOKE) ALTER ANY LOGIN (?:TO|FROM) <id>`, grantOnServer),
	change(`EXEC sys.sp_addextendedproperty @name = <text>, @value = <text>, @level0type = N'USER', @level0name = <text>`, addProperty),
	change(`EXEC sys.sp_dropextendedproperty @name = <text>, @level0type = N'USER', @level0name = <text>`, dropProperty),
}

// The queries that a rotation makes, as the rotator of SQL Server sends them. Each answers in
// text.
const (
	infoQuery = `SELECT CONVERT(nvarchar(20), SERVERPROPERTY('EngineEdition')), CONVERT(nvarchar(128), SERVERPROPERTY('ProductVersion')),
		CONVERT(nvarchar(128), SERVERPROPERTY('ServerName')), DB_NAME(), CONVERT(nvarchar(20), DATABASEPROPERTYEX(DB_NAME(), 'Updateability')),
		(SELECT CONVERT(nvarchar(20), containment) FROM sys.databases WHERE database_id = DB_ID()),
		(SELECT CONVERT(nvarchar(36), service_broker_guid) FROM sys.databases WHERE database_id = DB_ID()),
		(SELECT CONVERT(nvarchar(30), create_date, 126) FROM sys.databases WHERE name = N'tempdb'),
		(SELECT CONVERT(nvarchar(20), authentication_type) FROM sys.database_principals WHERE principal_id = DATABASE_PRINCIPAL_ID()),
		ORIGINAL_LOGIN(), USER_NAME()`
	principalQuery = `SELECT p.name, CONVERT(nvarchar(1), p.type), CONVERT(nvarchar(20), p.authentication_type), SUSER_SNAME(p.sid), p.default_schema_name,
			CONVERT(nvarchar(20), (SELECT COUNT(*) FROM sys.database_role_members m
				WHERE m.role_principal_id = DATABASE_PRINCIPAL_ID(<text>) AND m.member_principal_id = p.principal_id)),
			CONVERT(nvarchar(400), x.value)
		FROM sys.database_principals p
			LEFT JOIN sys.extended_properties x ON x.class = 4 AND x.major_id = p.principal_id AND x.name = N'Rotunda'
		WHERE p.name = <text> OR p.authentication_type = 1 AND SUSER_SNAME(p.sid) = <text>`
	rightsQuery = `SELECT CONVERT(nvarchar(20), HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'ALTER ANY USER')),
		CONVERT(nvarchar(20), HAS_PERMS_BY_NAME(<text>, 'ROLE', 'ALTER')),
		CONVERT(nvarchar(20), HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY LOGIN'))`
	lockBatch = `DECLARE @r int; EXEC @r = sys.sp_getapplock @Resource = <text>, @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 0;
		SELECT CONVERT(nvarchar(20), @r)`
)

func unlock(c *session, group []string) *refusal {
	resource := c.database.name + "\x00" + group[0]
	if c.server.locks[resource] != c {
		return refuse(1223, 16, "Cannot release the application lock because it is not currently held.")
	}
	delete(c.server.locks, resource)
	return nil
}

// version is a SQL Server 2022's.
const version = "16.0.4000.0"

func info(c *session, _ []string) ([][]string, *refusal) {
	updateability, containment, authentication, user := "READ_WRITE", "0", "0", "guest"
	if c.database.readOnly {
		updateability = "READ_ONLY"
	}
	if c.database.contained && c.server.options.Edition != azureEdition {
		containment = "1"
	}
	switch {
	case c.own != nil:
		authentication, user = c.own.authentication(), c.own.name
	case c.sysadmin:
		authentication, user = "1", "dbo"
	}
	return [][]string{{
		c.server.options.Edition, version, c.server.options.Name, c.database.name, updateability, containment, c.database.guid,
		c.server.started, authentication, c.user, user,
	}}, nil
}

func principals(c *session, group []string) (rows [][]string, _ *refusal) {
	for _, p := range c.database.named(group[1]) {
		row := []string{p.name, p.kind, p.authentication(), null, null, digit(c.database.isMember(group[0], p)), null}
		if p.login != "" {
			row[3] = p.login
		}
		if p.schema != "" {
			row[4] = p.schema
		}
		if mark := p.properties["Rotunda"]; mark != "" {
			row[6] = mark
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func digit(is bool) string {
	if is {
		return "1"
	}
	return "0"
}

func countLogins(c *session, group []string) ([][]string, *refusal) {
	found := c.server.logins[fold(group[0])] != nil && c.canAlterLogins()
	return [][]string{{digit(found)}}, nil
}

func defaultDatabase(c *session, group []string) ([][]string, *refusal) {
	l := c.server.logins[fold(group[0])]
	if l == nil || !c.canAlterLogins() {
		return nil, nil
	}
	return [][]string{{l.defaultDatabase}}, nil
}

func isRoleMember(c *session, group []string) ([][]string, *refusal) {
	role := c.database.principals[fold(group[0])]
	switch {
	case role == nil || role.kind != kindRole:
		return [][]string{{null}}, nil
	case c.own == nil:
		return [][]string{{digit(c.sysadmin)}}, nil
	}
	return [][]string{{digit(role.members[fold(c.own.name)])}}, nil
}

func rights(c *session, group []string) ([][]string, *refusal) {
	onRole := null
	if role := c.database.principals[fold(unquote(group[0]))]; role != nil {
		onRole = digit(c.mayAlterRole(role.name))
	}
	return [][]string{{digit(c.can("ALTER ANY USER")), onRole, digit(c.canAlterLogins())}}, nil
}

// lock is sp_getapplock: a resource of a database, held by a session. It returns 0, or -1 if
// another session has it.
func lock(c *session, group []string) ([][]string, *refusal) {
	resource := c.database.name + "\x00" + group[0]
	if holder := c.server.locks[resource]; holder != nil && holder != c {
		return [][]string{{strconv.Itoa(-1)}}, nil
	}
	c.server.locks[resource] = c
	return [][]string{{"0"}}, nil
}
