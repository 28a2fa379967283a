package sqlserver

import (
	"context"
	"strings"

	"rotunda/internal/rotation"
)

// Locate implements rotation.Locator. Logins belong to a server, and users with a password to a
// database. A server of Azure SQL has a name that no other has; it has no tempdb of its own to
// tell when it started.
func (r Rotator) Locate(ctx context.Context, s rotation.Subject) (rotation.Location, error) {
	target, err := r.readTarget(s)
	if err != nil {
		return rotation.Location{}, err
	}
	session, err := target.server.logIn(ctx, target.current)
	if err != nil {
		return rotation.Location{}, newFault("The login", err)
	}
	defer session.close()
	if err := session.readInfo(ctx); err != nil {
		return rotation.Location{}, newFault("The query for which server this is", err)
	}
	at := session.info
	if at.server == "" {
		return rotation.Location{}, nil
	}
	rotated, place := strings.ToLower(target.principal(target.current.User)), "sqlserver "+at.server
	if target.class == rotation.Alternating {
		rotated = strings.ToLower(target.pair().String())
	}
	if at.ownUser || target.class == rotation.Alternating && at.contained {
		place += " " + at.guid
	}
	run := at.started
	if at.isAzure() || run == "" {
		run = at.server
	}
	return rotation.Location{Login: place + " " + rotated, Run: run}, nil
}
