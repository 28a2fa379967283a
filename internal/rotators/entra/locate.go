package entra

import (
	"context"

	"rotunda/internal/rotation"
)

// Locate implements rotation.Locator, so that an application can be named by its object id and its
// client id. Secrets with client secrets of their own share the application, which is the Login,
// and differ by the key id.
func (r Rotator) Locate(ctx context.Context, s rotation.Subject) (rotation.Location, error) {
	target, a, err := r.open(ctx, s)
	if err != nil {
		return rotation.Location{}, err
	}
	if _, listed := a.credential(target.keyID); !listed {
		return rotation.Location{}, nil
	}
	return rotation.Location{Login: rotation.KindApplication + ":" + a.ID, Run: target.keyID}, nil
}
