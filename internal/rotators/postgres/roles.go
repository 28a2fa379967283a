package postgres

import (
	"context"

	"rotunda/internal/rotation"
)

func roleExists(ctx context.Context, session *session, name string) (bool, error) {
	answers, err := session.queryBools(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)", name)
	return err == nil && answers[0], err
}

// refusePrivileged keeps class A from roles with more rights than an application's. Whoever may
// write a secret's tags must not gain control of the server through them, and no superuser may
// lose its password.
func refusePrivileged(ctx context.Context, session *session, name string) error {
	answers, err := session.queryBools(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles
		WHERE rolname = $1 AND (rolsuper OR rolreplication OR rolbypassrls OR rolcreaterole))`, name)
	if err == nil && answers[0] {
		return rotation.Permanentf("In class A, the owner and every login that acts for it must be roles without SUPERUSER, REPLICATION, BYPASSRLS and CREATEROLE. Remove these attributes, or use another role.")
	}
	return err
}
