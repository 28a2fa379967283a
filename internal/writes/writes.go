// Package writes checks the conditions of writes. Key Vault has no compare-and-set, so a condition
// is checked by a read before the write. Writes of the same name through this process, and
// rotations, can't come in between; other processes and other clients of the vault can.
package writes

import (
	"context"

	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Getter reads a version from the vault, or the latest if version is "".
type Getter interface {
	Get(ctx context.Context, name, version string) (secret.Secret, error)
}

// Locker keeps rotations away from a secret that has these tags. The context that it returns ends
// before a rotation can begin.
type Locker interface {
	HoldRotation(ctx context.Context, name string, tags map[string]string) (held context.Context, release func(), err error)
}

// Guard lets writes with a condition wait for other writes of the same name.
type Guard struct {
	Secrets   Getter
	Rotations Locker
	names     names
}

// Write is one write. Its Run receives the context in which the condition holds.
type Write struct {
	Name, Version string // the version is "" for the latest
	Condition     wire.Condition
	Run           func(ctx context.Context) (secret.Secret, error)
}

// Do runs a write, if its condition is met.
func (g *Guard) Do(ctx context.Context, w Write) (secret.Secret, error) {
	share := shared
	if w.Condition.IsSet() {
		share = alone
	}
	release, err := g.names.enter(ctx, w.Name, share)
	if err != nil {
		return secret.Secret{}, err
	}
	defer release()
	if !w.Condition.IsSet() {
		return w.Run(ctx)
	}
	return g.conditional(ctx, w)
}

// conditional checks the condition, twice if a rotation may have ended in between.
func (g *Guard) conditional(ctx context.Context, w Write) (secret.Secret, error) {
	tags, err := g.check(ctx, w)
	if err != nil {
		return secret.Secret{}, err
	}
	held, release, err := g.Rotations.HoldRotation(ctx, w.Name, tags)
	if err != nil {
		return secret.Secret{}, err
	}
	defer release()
	if held != ctx {
		if _, err := g.check(held, w); err != nil {
			return secret.Secret{}, err
		}
	}
	written, err := w.Run(held)
	if err != nil && held.Err() != nil && ctx.Err() == nil {
		err = secret.Problemf(secret.ErrVaultTimeout,
			"The lock of the secret's rotation was lost during the write, which may or may not have taken effect. Read the secret before you repeat the write.").Because(err)
	}
	return written, err
}

// check returns the current tags, or an error if the condition is not met.
func (g *Guard) check(ctx context.Context, w Write) (map[string]string, error) {
	found, err := g.Secrets.Get(ctx, w.Name, w.Version)
	current := wire.Current{Exists: err == nil, Version: found.Version}
	if _, inner := secret.RefusedWith(err); inner == secret.CodeSecretDisabled {
		current, err = wire.Current{Exists: true, Version: w.Version}, nil
	}
	if err != nil && !secret.IsMissing(err) {
		return nil, err
	}
	return found.Tags, w.Condition.Check(current)
}
