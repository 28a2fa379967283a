package rotators

import (
	"context"

	"rotunda/internal/rotation"
)

func roleExists(ctx context.Context, session *postgresSession, name string) (bool, error) {
	answers, err := session.ask(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)", name)
	return err == nil && answers[0], err
}

// refuseMighty keeps class A from roles that are more than an application's: whoever may write a secret's tags must not come
// to rule the server by them, and nobody's superuser may lose its password.
func refuseMighty(ctx context.Context, session *postgresSession, name string) error {
	answers, err := session.ask(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles
		WHERE rolname = $1 AND (rolsuper OR rolreplication OR rolbypassrls OR rolcreaterole))`, name)
	if err == nil && answers[0] {
		return rotation.Permanentf("In class A, the owner and all that log in for it must be roles without SUPERUSER, REPLICATION, BYPASSRLS and CREATEROLE.")
	}
	return err
}
