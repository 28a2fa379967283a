package answer

import (
	"context"

	"rotunda/internal/rotation"
	"rotunda/internal/rotation/engine"
	"rotunda/internal/wire"
)

// PlanRotation returns what a rotation would do. It logs in at the provider, and changes
// nothing.
func (r Rotations) PlanRotation(ctx context.Context, name string, options wire.RotateOptions) (wire.RotationPlan, error) {
	p, err := r.Engine.Preview(ctx, engine.Request{Name: name, By: engine.ByHand, RetireNow: options.RetireNow})
	return wire.RotationPlan{
		Name: name, Ready: p.Problem == "", Problem: p.Problem, Rotator: p.Rotator, Class: string(p.Class), Credential: p.Identity,
		Steps: append([]string{}, steps[p.Class]...), Warnings: append([]string{}, p.Warnings...),
	}, forCaller(err)
}

// steps are what a rotation of each class changes, in order.
var steps = map[rotation.Class][]string{
	rotation.Overlap: {
		"The new password becomes valid at the provider, in addition to the current one.",
		"It is tested, and published as the secret's new version.",
		"After the grace period, the current password is removed, and the version that holds it is disabled.",
	},
	rotation.Alternating: {
		"The other login gets a new password at the provider. It is created if it does not exist.",
		"The new password is tested, and published as the secret's new version.",
		"After the grace period, the current login loses its password, and the version that holds it is disabled.",
	},
	rotation.Single: {
		"The login's password is changed at the provider.",
		"The new password is tested, and published as the secret's new version.",
	},
	rotation.DualKey: {
		"The key that the secret does not hold is regenerated.",
		"It is published as the secret's new version.",
		"After the grace period, the version that holds the current key is disabled.",
	},
	rotation.Issued: {
		"The provider issues a new credential.",
		"It is tested, and published as the secret's new version.",
		"After the grace period, the current credential is revoked, and the version that holds it is disabled.",
	},
	rotation.ValueOnly: {"A new random value is published as the secret's new version."},
}
