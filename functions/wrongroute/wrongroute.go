// Package wrongroute responds to requests that match no other function. The Functions host would
// return an empty 404 for an unknown path or a wrong method. This catch-all, which the host tries
// last because of its name, lets the app explain the error in Key Vault's format.
package wrongroute

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"rotunda/internal/access"
	"rotunda/internal/apierror"
	"rotunda/internal/secret"
)

// Guard decides what the caller of a context may do to a secret. Forbid returns the error for a
// caller that may not.
type Guard interface {
	Allows(ctx context.Context, action access.Action, name string) bool
	Forbid(ctx context.Context, action access.Action, name string) error
}

// Handler returns 404, and 400 for a version of the wrong length, because the routes of getsecret
// and updatesecret match only the right one. Wrong methods on existing paths don't get here: for
// them, the router returns 405. prefix is that of all routes.
func Handler(prefix string, guard Guard) http.Handler {
	return apierror.Handler(func(_ http.ResponseWriter, r *http.Request) error {
		if name, version, ok := targetIn(r, prefix); ok {
			if _, err := secret.ParseVersion(version); err != nil {
				return cmp.Or(forbidden(r, guard, name), err)
			}
		}
		return secret.Problemf(secret.ErrUnknownRoute, "This path does not exist. Secrets are at secrets/{name}, below the app's route prefix.")
	})
}

// forbidden returns the error that the caller would get with a valid version.
func forbidden(r *http.Request, guard Guard, name string) error {
	action := access.GetSecret
	if r.Method == http.MethodPatch {
		action = access.Update
	}
	if guard.Allows(r.Context(), action, name) {
		return nil
	}
	return guard.Forbid(r.Context(), action, name)
}

// targetIn returns the name and the version in a request that has the form of a get or an update.
func targetIn(r *http.Request, prefix string) (name, version string, ok bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPatch {
		return "", "", false
	}
	segments := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(segments) != 4 || !strings.EqualFold(segments[0], prefix) || !strings.EqualFold(segments[1], "secrets") {
		return "", "", false
	}
	return segments[2], segments[3], true
}
