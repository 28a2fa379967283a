// Package setsecret is Key Vault's Set Secret, with ours on top: ?onDeleted=recover and
// ?ifChanged=true.
package setsecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Setter makes versions. SetReclaiming brings a soft-deleted name back first.
type Setter interface {
	Get(ctx context.Context, name, version string) (secret.Secret, error)
	Set(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error)
	SetReclaiming(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error)
}

// Handler answers PUT secrets/{name}.
func Handler(secrets Setter) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		order, err := readOrder(w, r)
		if err != nil {
			return err
		}
		answer, err := order.carryOut(r.Context(), secrets)
		if err != nil {
			return err
		}
		return wire.WriteSecret(w, answer)
	})
}

// order is a set as the caller asked for it.
type order struct {
	name      string
	draft     secret.Draft
	reclaim   bool
	ifChanged bool
}

func readOrder(w http.ResponseWriter, r *http.Request) (o order, err error) {
	if o.name, _, err = wire.Target(r); err != nil {
		return o, err
	}
	if o.reclaim, err = wire.Choice(r, "onDeleted", "recover"); err != nil {
		return o, err
	}
	if o.ifChanged, err = wire.Flag(r, "ifChanged"); err != nil {
		return o, err
	}
	o.draft, err = wire.ReadSet(w, r)
	return o, err
}

func (o order) carryOut(ctx context.Context, secrets Setter) (secret.Secret, error) {
	if o.ifChanged {
		current, err := secrets.Get(ctx, o.name, "")
		if err == nil && o.draft.Describes(current) {
			return current, nil
		}
		if err != nil && !mayStillSet(err) {
			return secret.Secret{}, err
		}
	}
	if o.reclaim {
		return secrets.SetReclaiming(ctx, o.name, o.draft)
	}
	return secrets.Set(ctx, o.name, o.draft)
}

// mayStillSet tells the failures to read the latest version that say it differs: there is none, or
// it is disabled.
func mayStillSet(err error) bool {
	status, inner := secret.RefusedWith(err)
	return status == http.StatusNotFound || inner == secret.CodeSecretDisabled
}
