package postgres

import (
	"context"
	"strconv"

	"rotunda/internal/rotation"
)

// role is what the server says about a role.
type role struct {
	name    string
	exists  bool
	mighty  bool   // it has, or can take on, more rights than an application's
	comment string // by people, and with a mark by Rotunda
	limit   string // of connections; -1 for none

	validUntil string // as PostgreSQL writes it; "infinity" for ever
	limited    bool   // it has an end of its validity
	endsSoon   bool   // within the days that were asked for

	connects     bool // to the session's database
	administered bool // the session's user has the role WITH ADMIN OPTION
	replicates   bool // it has REPLICATION and is no superuser
	logsIn       bool // it has LOGIN
}

// A role can take on the attributes of every role that it is a member of, by SET ROLE. The three
// predefined roles reach the server's files and programs, and so a superuser's rights
// (user-manag.sgml, "Predefined Roles"). The last three are what managed services have in place of
// a superuser: Azure, Amazon RDS and Google Cloud SQL. Their rights are the service's own,
// whatever the role's attributes say.
const roleQuery = `
	SELECT EXISTS (SELECT FROM pg_catalog.pg_roles m WHERE pg_catalog.pg_has_role(r.oid, m.oid, 'MEMBER') AND (
			m.rolsuper OR m.rolreplication OR m.rolbypassrls OR m.rolcreaterole OR
			m.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files',
				'azure_pg_admin', 'rds_superuser', 'cloudsqlsuperuser'))),
		pg_catalog.shobj_description(r.oid, 'pg_authid'), r.rolconnlimit,
		COALESCE(r.rolvaliduntil, 'infinity'), COALESCE(r.rolvaliduntil < 'infinity', false),
		COALESCE(r.rolvaliduntil < pg_catalog.now() + $2::pg_catalog.interval, false),
		pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'CONNECT'),
		pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION'), r.rolreplication AND NOT r.rolsuper, r.rolcanlogin
	FROM pg_catalog.pg_roles r WHERE r.rolname = $1`

// role returns what the server says about a role. Its endsSoon is about the next days.
func (s *session) role(ctx context.Context, name string, days int) (role, error) {
	rows, err := s.query(ctx, 10, roleQuery, name, strconv.Itoa(days)+" days")
	if err != nil || len(rows) == 0 {
		return role{name: name}, err
	}
	row := rows[0]
	is := func(column int) bool { return row[column] == "t" }
	return role{
		name: name, exists: true, mighty: is(0), comment: row[1], limit: row[2], validUntil: row[3],
		limited: is(4), endsSoon: is(5), connects: is(6), administered: is(7), replicates: is(8), logsIn: is(9),
	}, nil
}

// checkMight keeps an administrator's authority from roles with more rights than an application's.
// Whoever may write a secret's tags must not gain control of the server through them, and no
// superuser may lose its password.
func (r role) checkMight() error {
	if !r.mighty {
		return nil
	}
	return rotation.Permanentf("The role %s has SUPERUSER, REPLICATION, BYPASSRLS or CREATEROLE, or is a member of a role that has, of one that reaches the server's files or programs, or of a managed service's administrators such as azure_pg_admin. "+
		"With AdminSecret, every role that takes part must be without these. Remove them, or use another role. An administrator's own secret is rotated without AdminSecret: remove that tag, and set RotationClass to A or S.", r.name)
}
