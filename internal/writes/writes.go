// Package writes checks the conditions of writes. Key Vault has no compare-and-set, so a condition
// is checked by a read before the write. Writes of the same name through this process, and
// rotations, can't come in between; other processes and other clients of the vault can.
package writes

import (
	"context"
	"net/http"

	"rotunda/internal/access"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Getter reads a version from the vault, or the latest if version is "". GetDeleted reads a
// soft-deleted secret, without its value.
type Getter interface {
	Get(ctx context.Context, name, version string) (secret.Secret, error)
	GetDeleted(ctx context.Context, name string) (secret.Secret, error)
}

// Rotations knows how secrets rotate.
type Rotations interface {
	// HoldRotation keeps rotations away from a secret that has these tags. The context that it
	// returns ends before a rotation can begin.
	HoldRotation(ctx context.Context, name string, tags map[string]string) (held context.Context, release func(), err error)
	// Redirects reports whether tags change how or where a secret rotates.
	Redirects(before, after map[string]string) bool
}

// Access decides what the caller of a context may do. NoteUse keeps for the audit that a caller
// did what it may. Refuse returns the error for a caller that may not.
type Access interface {
	Allows(ctx context.Context, action access.Action, name string) bool
	NoteUse(ctx context.Context, action access.Action, name string)
	Refuse(ctx context.Context, action access.Action, name string) error
}

// Guard lets writes that depend on what the secret is now wait for other writes of the same name:
// those with a condition, and those of callers that may not direct rotations.
type Guard struct {
	Secrets   Getter
	Rotations Rotations
	Access    Access
	names     names
}

// Write is one write. Its Run receives the context in which the condition holds.
type Write struct {
	Name, Version string // the version is "" for the latest
	Condition     wire.Condition
	Run           func(ctx context.Context) (secret.Secret, error)

	ReplacesTags bool // by Tags
	Tags         map[string]string
	Reclaims     bool // the name of a soft-deleted secret
}

// Do runs a write, if its condition is met.
func (g *Guard) Do(ctx context.Context, w Write) (secret.Secret, error) {
	share := shared
	dependent := w.Condition.IsSet() || g.mustKeepDirection(ctx, w)
	if dependent {
		share = alone
	}
	release, err := g.names.enter(ctx, w.Name, share)
	if err != nil {
		return secret.Secret{}, err
	}
	defer release()
	if g.directs(ctx, w) {
		g.Access.NoteUse(ctx, access.ConfigureRotation, w.Name)
	}
	if !dependent {
		return w.Run(ctx)
	}
	return g.dependent(ctx, w)
}

// directs reports whether a write of a caller that may do so sets tags that direct a rotation. To
// know whether they are there already would cost a read.
func (g *Guard) directs(ctx context.Context, w Write) bool {
	return w.ReplacesTags && g.Rotations.Redirects(nil, w.Tags) && g.Access.Allows(ctx, access.ConfigureRotation, w.Name)
}

// mustKeepDirection reports whether a write must not change how the secret rotates.
func (g *Guard) mustKeepDirection(ctx context.Context, w Write) bool {
	return w.ReplacesTags && !g.Access.Allows(ctx, access.ConfigureRotation, w.Name)
}

// dependent runs a write that depends on what the secret is now. It checks that twice if a
// rotation may have ended in between.
func (g *Guard) dependent(ctx context.Context, w Write) (secret.Secret, error) {
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

// check returns the current tags, or an error if the write must not be made.
func (g *Guard) check(ctx context.Context, w Write) (map[string]string, error) {
	found, err := g.Secrets.Get(ctx, w.Name, w.Version)
	current, unknown := wire.Current{Exists: err == nil, Version: found.Version}, false
	if _, inner := secret.RefusedWith(err); inner == secret.CodeSecretDisabled {
		current, unknown, err = wire.Current{Exists: true, Version: w.Version}, true, nil
	}
	if err != nil && !secret.IsMissing(err) {
		return nil, err
	}
	if err := w.Condition.Check(current); err != nil {
		return nil, err
	}
	if !current.Exists && w.Reclaims {
		if found, unknown, err = g.deleted(ctx, w.Name); err != nil {
			return nil, err
		}
	}
	if g.mustKeepDirection(ctx, w) && (unknown || g.Rotations.Redirects(found.Tags, w.Tags)) {
		return nil, g.Access.Refuse(ctx, access.ConfigureRotation, w.Name)
	}
	return found.Tags, nil
}

// deleted returns the soft-deleted secret of a name, if there is one. For one that is disabled,
// the vault does not say what it has.
func (g *Guard) deleted(ctx context.Context, name string) (found secret.Secret, unknown bool, err error) {
	found, err = g.Secrets.GetDeleted(ctx, name)
	switch status, _ := secret.RefusedWith(err); status {
	case http.StatusNotFound:
		return secret.Secret{}, false, nil
	case http.StatusForbidden:
		return secret.Secret{}, true, nil
	}
	return found, false, err
}
