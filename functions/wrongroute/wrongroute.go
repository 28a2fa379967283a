// Package wrongroute responds to requests that match no other function. The Functions host would
// return an empty 404 for an unknown path or a wrong method. This catch-all, which the host tries
// last because of its name, lets the app explain the error in Key Vault's format.
package wrongroute

import (
	"net/http"
	"strings"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
)

// Handler returns 404, and 400 for a version of the wrong length, because the routes of getsecret
// and updatesecret match only the right one. Wrong methods on existing paths don't get here: for
// them, the router returns 405. prefix is that of all routes.
func Handler(prefix string) http.Handler {
	return apierror.Handler(func(_ http.ResponseWriter, r *http.Request) error {
		if version, ok := versionIn(r, prefix); ok {
			if _, err := secret.ParseVersion(version); err != nil {
				return err
			}
		}
		return secret.Problemf(secret.ErrUnknownRoute, "This path does not exist. Secrets are at secrets/{name}, below the app's route prefix.")
	})
}

// versionIn returns the version in a request that has the form of a get or an update.
func versionIn(r *http.Request, prefix string) (version string, ok bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPatch {
		return "", false
	}
	segments := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(segments) != 4 || !strings.EqualFold(segments[0], prefix) || !strings.EqualFold(segments[1], "secrets") {
		return "", false
	}
	return segments[3], true
}
