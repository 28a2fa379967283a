package answer

import (
	"context"
	"errors"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// HoldRotation takes the lock of a secret's rotation, so that a caller can compare and write. If
// the tags do not make the secret rotate, or the app can't rotate at all, it returns ctx itself.
func (r Rotations) HoldRotation(ctx context.Context, name string, tags map[string]string) (held context.Context, release func(), err error) {
	none := func() {}
	if !rotation.IsManaged(tags) {
		return ctx, none, nil
	}
	held, release, err = r.Engine.Locks.Lock(ctx, name)
	fault, _ := errors.AsType[*rotation.Fault](err)
	switch {
	case errors.Is(err, rotation.ErrLocked):
		return nil, none, secret.Problemf(secret.ErrRotationDelayed,
			"The secret %s is being rotated, so the condition can't be checked now. Nothing was written. Try again.", name)
	case fault != nil && fault.Permanent: // no rotation gets the lock either
		return ctx, none, nil
	case err != nil:
		return nil, none, forCaller(err)
	}
	return held, release, nil
}

// Redirects reports whether tags change how or where a secret rotates.
func (Rotations) Redirects(before, after map[string]string) bool {
	return rotation.Redirects(before, after)
}
