// Package setsecret is Key Vault's Set Secret, extended by ?onDeleted=recover, ?ifChanged=true and
// conditions.
package setsecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
	"rotunda/internal/writes"
)

// Setter creates versions. SetReclaiming first recovers the secret if it is soft-deleted.
type Setter interface {
	Get(ctx context.Context, name, version string) (secret.Secret, error)
	Set(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error)
	SetReclaiming(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error)
}

// Writer runs a write if its condition is met.
type Writer interface {
	Do(ctx context.Context, w writes.Write) (secret.Secret, error)
}

// Handler serves PUT secrets/{name}.
func Handler(secrets Setter, writer Writer) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		request, err := readRequest(w, r)
		if err != nil {
			return err
		}
		set, err := writer.Do(r.Context(), writes.Write{
			Name: request.name, Condition: request.condition, ReplacesTags: true, Tags: request.draft.Tags, Reclaims: request.reclaim,
			Run: func(ctx context.Context) (secret.Secret, error) { return request.execute(ctx, secrets) },
		})
		if err != nil {
			return err
		}
		return wire.WriteSecret(w, set)
	})
}

// request is a parsed set request.
type request struct {
	name      string
	draft     secret.Draft
	reclaim   bool
	ifChanged bool
	condition wire.Condition
}

func readRequest(w http.ResponseWriter, r *http.Request) (q request, err error) {
	if q.name, _, err = wire.Target(r); err != nil {
		return q, err
	}
	if q.reclaim, err = wire.Choice(r, "onDeleted", "recover"); err != nil {
		return q, err
	}
	if q.ifChanged, err = wire.Flag(r, "ifChanged"); err != nil {
		return q, err
	}
	if q.condition, err = wire.ReadCondition(r); err != nil {
		return q, err
	}
	if q.reclaim && q.condition.CreatesOnly() {
		return q, secret.Problemf(secret.ErrBadParameter, "onDeleted=recover and If-None-Match: * contradict each other: a secret that is recovered exists. Use one of them.")
	}
	q.draft, err = wire.ReadSet(w, r)
	return q, err
}

func (q request) execute(ctx context.Context, secrets Setter) (secret.Secret, error) {
	if q.ifChanged {
		current, err := secrets.Get(ctx, q.name, "")
		if err == nil && q.draft.Describes(current) {
			return current, nil
		}
		if err != nil && !mayStillSet(err) {
			return secret.Secret{}, err
		}
	}
	if q.reclaim {
		return secrets.SetReclaiming(ctx, q.name, q.draft)
	}
	return secrets.Set(ctx, q.name, q.draft)
}

// mayStillSet reports whether err, from reading the latest version, means that the version
// differs: it does not exist or is disabled.
func mayStillSet(err error) bool {
	status, inner := secret.RefusedWith(err)
	return status == http.StatusNotFound || inner == secret.CodeSecretDisabled
}
