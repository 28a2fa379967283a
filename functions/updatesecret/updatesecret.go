// Package updatesecret is Key Vault's Update Secret, for attributes, tags and content type,
// extended by conditions.
package updatesecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
	"rotunda/internal/writes"
)

// Updater changes a version, or the latest if version is "".
type Updater interface {
	Update(ctx context.Context, name, version string, draft secret.Draft) (secret.Secret, error)
}

// Writer runs a write if its condition is met.
type Writer interface {
	Do(ctx context.Context, w writes.Write) (secret.Secret, error)
}

// Handler serves PATCH secrets/{name}/{version?}.
func Handler(secrets Updater, writer Writer) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		name, version, err := wire.Target(r)
		if err != nil {
			return err
		}
		condition, err := wire.ReadCondition(r)
		if err != nil {
			return err
		}
		draft, err := wire.ReadUpdate(w, r)
		if err != nil {
			return err
		}
		updated, err := writer.Do(r.Context(), writes.Write{
			Name: name, Version: version, Condition: condition, ReplacesTags: draft.Tags != nil, Tags: draft.Tags,
			Run: func(ctx context.Context) (secret.Secret, error) { return secrets.Update(ctx, name, version, draft) },
		})
		if err != nil {
			return err
		}
		return wire.WriteSecret(w, updated)
	})
}
