package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/lazyregexp"
	"rotunda/internal/rotation"
)

// setting is one that ALTER ROLE gave to a role, in one database or ("") in all.
type setting struct{ database, name, value string }

// settings returns a role's own settings. Those that say whom a session acts as are left out: a
// login of class A acts as the owner.
func (s *session) settings(ctx context.Context, name string) ([]setting, error) {
	rows, err := s.query(ctx, 3, `
		SELECT d.datname, pg_catalog.split_part(c, '=', 1), pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)
		FROM pg_catalog.pg_db_role_setting s
			JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
			LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
			pg_catalog.unnest(s.setconfig) c
		WHERE r.rolname = $1 AND pg_catalog.lower(pg_catalog.split_part(c, '=', 1)) NOT IN ('role', 'session_authorization')
		ORDER BY 1, 2`, name)
	var all []setting
	for _, row := range rows {
		all = append(all, setting{row[0], row[1], row[2]})
	}
	return all, err
}

// copySettings gives a login the settings of its owner, and no others. A setting that the
// administrator may not set is not left out in silence: queries may fail or see too much without.
func (t target) copySettings(ctx context.Context, session *session, user string) error {
	want, err := session.settings(ctx, t.owner)
	if err != nil {
		return err
	}
	have, err := session.settings(ctx, user)
	if err != nil {
		return err
	}
	var refused []string
	for _, s := range want {
		if slices.Contains(have, s) {
			continue
		}
		allowed, err := session.try(ctx, alterRole(user, s.database)+" SET "+quoteIdentifier(s.name)+" TO "+s.literal())
		if err != nil {
			return err
		}
		if !allowed {
			refused = append(refused, printable(s.name))
		}
	}
	if len(refused) > 0 {
		return t.refusedSettings(user, refused)
	}
	return dropSettings(ctx, session, user, have, want)
}

// dropSettings removes what the owner does not have. What only a superuser may remove, a superuser
// has set for this login.
func dropSettings(ctx context.Context, session *session, user string, have, want []setting) error {
	for _, s := range have {
		kept := slices.ContainsFunc(want, func(w setting) bool { return w.database == s.database && w.name == s.name })
		if kept {
			continue
		}
		if _, err := session.try(ctx, alterRole(user, s.database)+" RESET "+quoteIdentifier(s.name)); err != nil {
			return err
		}
	}
	return nil
}

// maxNamed is how many settings a message names.
const maxNamed = 8

func (t target) refusedSettings(user string, names []string) error {
	if len(names) > maxNamed {
		names = append(names[:maxNamed:maxNamed], "and others")
	}
	who := "AdminSecret's login"
	if t.byPair() {
		who = "the secret's login"
	}
	return rotation.Temporaryf("The owner has settings that %[3]s may not give to %[1]s: %[2]s. From PostgreSQL 15 on, GRANT SET ON PARAMETER to %[3]s. "+
		"Otherwise a superuser must set them with ALTER ROLE for both logins of the pair, or with ALTER DATABASE in place of the owner's.", user, strings.Join(names, ", "), who)
}

// try runs a statement in a transaction that goes on if the right to it is missing.
func (s *session) try(ctx context.Context, statement string) (allowed bool, _ error) {
	err := s.exec(ctx, "SAVEPOINT one_setting", statement, "RELEASE SAVEPOINT one_setting")
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusal.Code == insufficientPrivilege {
		return false, s.exec(ctx, "ROLLBACK TO SAVEPOINT one_setting")
	}
	return err == nil, err
}

func alterRole(name, database string) string {
	if database == "" {
		return "ALTER ROLE " + quoteIdentifier(name)
	}
	return "ALTER ROLE " + quoteIdentifier(name) + " IN DATABASE " + quoteIdentifier(database)
}

// literal returns the value as SET takes it. The settings that are lists of names are stored as
// one text with quoted names, and are set name by name (postgres/postgres
// src/bin/pg_dump/dumputils.c, makeAlterConfigCommand and variable_is_guc_list_quote).
func (s setting) literal() string {
	switch strings.ToLower(s.name) {
	case "search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries":
		var quoted []string
		for _, name := range splitNames(s.value) {
			quoted = append(quoted, quoteLiteral(name))
		}
		return strings.Join(quoted, ", ")
	}
	return quoteLiteral(s.value)
}

// splitNames reads a list of names as PostgreSQL stores it: separated by commas, some in double
// quotes, which are doubled within (src/backend/utils/adt/varlena.c, SplitGUCList).
func splitNames(list string) []string {
	var names []string
	var name strings.Builder
	quoted := false
	for i, r := range list {
		switch {
		case r == '"':
			if !quoted && i > 0 && list[i-1] == '"' { // the second of two within a quoted name
				name.WriteRune(r)
			}
			quoted = !quoted
		case r == ',' && !quoted:
			names = append(names, name.String())
			name.Reset()
		case r != ' ' || quoted:
			name.WriteRune(r)
		}
	}
	return append(names, name.String())
}

var settingName = lazyregexp.New(`^[0-9A-Za-z_.$]+$`)

// printable returns a setting's name if it can't be anything else.
func printable(name string) string {
	if len(name) <= maxNameBytes && settingName().MatchString(name) {
		return name
	}
	return "one whose name is unusual"
}
