package mongodb

import (
	"context"
	"encoding/hex"

	"rotunda/internal/rotation"
)

// Locate implements rotation.Locator. A server makes a random id when it starts (mongodb/mongo
// src/mongo/rpc/topology_version.idl, processId). One without that does not tell which one it is.
func (Rotator) Locate(ctx context.Context, s rotation.Subject) (rotation.Location, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Location{}, err
	}
	session, err := target.server.logIn(ctx, target.changerLogin(), target.changerDatabase())
	if err != nil {
		return rotation.Location{}, target.openFault(err)
	}
	defer session.close()
	run := session.hello.process
	if run == [12]byte{} {
		return rotation.Location{}, nil
	}
	return rotation.Location{Login: "mongodb " + session.hello.setName + " " + target.rotated(), Run: hex.EncodeToString(run[:])}, nil
}
