// Package wrongroute responds to requests that match no other function. The Functions host would
// return an empty 404 for an unknown path or a wrong method. This catch-all, which the host tries
// last because of its name, lets the app explain the error in Key Vault's format.
package wrongroute

import (
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
)

// Handler returns 404. Wrong methods on existing paths don't get here: for them, the router
// returns 405.
func Handler() http.Handler {
	return apierror.Handler(func(http.ResponseWriter, *http.Request) error {
		return secret.Problemf(secret.ErrUnknownRoute, "This path does not exist. Secrets are at secrets/{name}, below the app's route prefix.")
	})
}
