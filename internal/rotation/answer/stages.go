package answer

import (
	"context"
	"errors"

	"rotunda/internal/rotation/engine"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// ReadPrevious reads the version that was the latest before the last rotation.
func (r Rotations) ReadPrevious(ctx context.Context, name string) (wire.Reading, error) {
	version, err := r.Engine.Previous(ctx, name)
	if errors.Is(err, engine.ErrNoStage) {
		return wire.Reading{}, secret.Problemf(secret.ErrNoStage, "The secret %s has not been rotated yet, so it has no previous version.", name)
	}
	if err != nil {
		return wire.Reading{}, forCaller(err)
	}
	return r.Secrets.Read(ctx, name, version, false)
}

// ReadPending reads the value that is about to be published. It is never cached.
func (r Rotations) ReadPending(ctx context.Context, name string) (wire.Reading, error) {
	pending, err := r.Engine.Pending(ctx, name)
	if errors.Is(err, engine.ErrNoStage) {
		return wire.Reading{}, secret.Problemf(secret.ErrNoStage,
			"The secret %s has no pending value: no rotation is in progress, or the provider generates the value.", name)
	}
	if err != nil {
		return wire.Reading{}, forCaller(err)
	}
	rendered, err := wire.Render(pending)
	return wire.Reading{Rendered: rendered}, err
}
