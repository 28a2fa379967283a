package mysql

import (
	"context"

	"rotunda/internal/rotation"
)

// Both parts can be read by every login. The first says where the server stores its data. Its
// second part is the end of a UUID of version 1: the server chooses a clock sequence when it
// starts, and the node is its machine (MariaDB's mysys/my_uuid.c; MySQL's manual, "UUID()").
const locationQuery = "SELECT CONCAT_WS(' ', @@hostname, @@port, @@datadir, @@server_id), SUBSTRING_INDEX(UUID(), '-', -2)"

// Locate implements rotation.Locator. The server chooses among accounts of one name by the
// client's host, so their name is enough.
func (Rotator) Locate(ctx context.Context, s rotation.Subject) (rotation.Location, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Location{}, err
	}
	session, _, err := target.server.logIn(ctx, target.current)
	if err != nil {
		return rotation.Location{}, err
	}
	defer session.close()
	rows, err := session.query(ctx, locationQuery)
	switch {
	case errorNumber(err) != 0, err == nil && len(rows) != 1: // it does not tell
		return rotation.Location{}, nil
	case err != nil:
		return rotation.Location{}, target.server.fault("the query for which server this is", err)
	}
	rotated := target.current.User
	if target.class == rotation.Alternating {
		rotated = target.pair().String()
	}
	return rotation.Location{Login: "mysql " + rows[0][0] + " " + rotated, Run: rows[0][1]}, nil
}
