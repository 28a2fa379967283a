package ldap

import (
	"context"

	"rotunda/internal/rotation"
)

// Locate implements rotation.Locator. The servers of one directory hold the same entry, and change
// its password together, so all of them are one place; so is a copy of the directory.
func (Rotator) Locate(ctx context.Context, s rotation.Subject) (rotation.Location, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Location{}, err
	}
	session, err := target.server.open(ctx, target.changer())
	if err != nil {
		return rotation.Location{}, err
	}
	defer session.close()
	directory, err := session.look()
	if err != nil {
		return rotation.Location{}, err
	}
	found, err := session.find(directory, target.name)
	if err != nil || found.id == "" {
		return rotation.Location{}, err
	}
	return rotation.Location{Login: "ldap " + found.id, Run: "directory"}, nil
}
