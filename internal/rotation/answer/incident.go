package answer

import (
	"context"

	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// RetireRotation is not available yet.
func (Rotations) RetireRotation(context.Context, string) (wire.Rotation, error) {
	return wire.Rotation{}, notAvailable("retire")
}

// CancelRotation is not available yet.
func (Rotations) CancelRotation(context.Context, string) (wire.Rotation, error) {
	return wire.Rotation{}, notAvailable("cancel")
}

// RollBackRotation is not available yet.
func (Rotations) RollBackRotation(context.Context, string) (wire.Rotation, error) {
	return wire.Rotation{}, notAvailable("rollback")
}

// RestoreTags is not available yet.
func (Rotations) RestoreTags(context.Context, string) (wire.Rotation, error) {
	return wire.Rotation{}, notAvailable("tags")
}

// ResumeRotations is not available yet.
func (Rotations) ResumeRotations(context.Context, string) ([]wire.Rotation, error) {
	return nil, notAvailable("resume of many")
}

func notAvailable(what string) error {
	return secret.Problemf(secret.ErrRotationRefused, "%s is not available yet.", what)
}
