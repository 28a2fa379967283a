package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"rotunda/internal/rotation"
)

// The system identifier is made by initdb, and a copy of a server has the same; the time of the
// start has microseconds. Every login may read both (func.sgml, "Control Data Functions" and
// "Session Information Functions").
const locationQuery = "SELECT system_identifier, pg_catalog.pg_postmaster_start_time() FROM pg_catalog.pg_control_system()"

// Locate implements rotation.Locator. Roles belong to a server, whatever the database.
func (Rotator) Locate(ctx context.Context, s rotation.Subject) (rotation.Location, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Location{}, err
	}
	session, err := target.database.logIn(ctx, target.current)
	if err != nil {
		return rotation.Location{}, target.database.loginFault("The login", err)
	}
	defer session.close()
	row, err := session.queryRow(ctx, 2, locationQuery)
	if _, refused := errors.AsType[*pgconn.PgError](err); refused { // a managed service may not tell
		return rotation.Location{}, nil
	}
	if err != nil {
		return rotation.Location{}, newFault("The query for which server this is", err)
	}
	rotated := target.current.User
	if target.class == rotation.Alternating { // their owner may log in, and be another secret's
		rotated = target.pair().String()
	}
	return rotation.Location{Login: "postgres " + row[0] + " " + rotated, Run: row[1]}, nil
}
