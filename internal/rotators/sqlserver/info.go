package sqlserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// info is what a server says of itself and of a session.
type info struct {
	edition, version, server, database, guid, started string

	readOnly  bool   // the database
	contained bool   // the database: its users may have passwords
	ownUser   bool   // the session's user has its password in the database, and is no login
	login     string // as which the session logged in, or the user that is no login
}

// infoQuery asks for what every login may see. The server's ServerName, and a database's
// service_broker_guid, outlast a restart; tempdb is made anew at each start
// (learn.microsoft.com/sql, "SERVERPROPERTY", "sys.databases").
const infoQuery = `SELECT CONVERT(nvarchar(20), SERVERPROPERTY('EngineEdition')), CONVERT(nvarchar(128), SERVERPROPERTY('ProductVersion')),
	CONVERT(nvarchar(128), SERVERPROPERTY('ServerName')), DB_NAME(), CONVERT(nvarchar(20), DATABASEPROPERTYEX(DB_NAME(), 'Updateability')),
	(SELECT CONVERT(nvarchar(20), containment) FROM sys.databases WHERE database_id = DB_ID()),
	(SELECT CONVERT(nvarchar(36), service_broker_guid) FROM sys.databases WHERE database_id = DB_ID()),
	(SELECT CONVERT(nvarchar(30), create_date, 126) FROM sys.databases WHERE name = N'tempdb'),
	(SELECT CONVERT(nvarchar(20), authentication_type) FROM sys.database_principals WHERE principal_id = DATABASE_PRINCIPAL_ID()),
	ORIGINAL_LOGIN(), USER_NAME()`

// The values of EngineEdition and of authentication_type.
const (
	editionAzure       = "5"
	authenticatesLogin = "1"
	authenticatesUser  = "2"
)

func (s *session) readInfo(ctx context.Context) error {
	row, err := s.queryRow(ctx, 11, infoQuery)
	if err != nil {
		return err
	}
	s.info = info{
		edition: row[0], version: row[1], server: row[2], database: row[3], guid: row[6], started: row[7],
		readOnly: row[4] == "READ_ONLY", contained: row[5] == "1" || row[0] == editionAzure && row[3] != "master",
		ownUser: row[8] == authenticatesUser, login: row[9],
	}
	if s.info.ownUser {
		s.info.login = row[10]
	}
	return nil
}

func (i info) isAzure() bool { return i.edition == editionAzure }

// major returns the major version of SQL Server, such as 16 for 2022, or 0.
func (i info) major() int {
	text, _, _ := strings.Cut(i.version, ".")
	major, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return major
}

// lockName is short enough for sp_getapplock.
func lockName(identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return "rotunda " + hex.EncodeToString(sum[:16])
}

// principal is a user or a role in the database.
type principal struct {
	name, login string // login is that of a user without a password of its own
	isRole      bool
	isContained bool // a user with a password
	schema      string
	isMember    bool // of the role, in class A
	mark        string
	isHere      bool // its password is in the database, or its login has the database as its default
}

// principals returns the role, the user with a password or the user of a login that a name stands
// for.
func (s *session) principals(ctx context.Context, role, name string) (found []principal, _ error) {
	rows, err := s.query(ctx, 7, `SELECT p.name, CONVERT(nvarchar(1), p.type), CONVERT(nvarchar(20), p.authentication_type), SUSER_SNAME(p.sid), p.default_schema_name,
			CONVERT(nvarchar(20), (SELECT COUNT(*) FROM sys.database_role_members m
				WHERE m.role_principal_id = DATABASE_PRINCIPAL_ID(`+quoteText(role)+`) AND m.member_principal_id = p.principal_id)),
			CONVERT(nvarchar(400), x.value)
		FROM sys.database_principals p
			LEFT JOIN sys.extended_properties x ON x.class = 4 AND x.major_id = p.principal_id AND x.name = N'Rotunda'
		WHERE p.name = `+quoteText(name)+` OR p.authentication_type = 1 AND SUSER_SNAME(p.sid) = `+quoteText(name))
	for _, row := range rows {
		found = append(found, principal{
			name: row[0], isRole: row[1] == "R", isContained: row[2] == authenticatesUser, login: row[3], schema: row[4], isMember: row[5] != "" && row[5] != "0", mark: row[6],
		})
	}
	for i := range found {
		if err == nil {
			found[i].isHere, err = s.isHere(ctx, found[i])
		}
	}
	return found, err
}

// isHere reports whether the database may speak for a user's login. Who may alter users in a
// database can map any login of the server to one, and mark that. Only the login itself and who
// may alter it can set its default database.
func (s *session) isHere(ctx context.Context, p principal) (bool, error) {
	if p.login == "" || p.mark == "" {
		return p.isContained, nil
	}
	rows, err := s.query(ctx, 1, "SELECT default_database_name FROM sys.sql_logins WHERE name = "+quoteText(p.login))
	return len(rows) == 1 && strings.EqualFold(rows[0][0], s.info.database), err
}

// hasLogin reports whether the server has a login of a name. Only who may alter it can see it.
func (s *session) hasLogin(ctx context.Context, name string) (bool, error) {
	row, err := s.queryRow(ctx, 1, "SELECT CONVERT(nvarchar(20), COUNT(*)) FROM sys.sql_logins WHERE name = "+quoteText(name))
	return err == nil && row[0] != "0", err
}
