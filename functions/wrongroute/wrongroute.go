// Package wrongroute answers what no other function takes. The Functions host answers an unknown
// path and a wrong method with an empty 404 itself; this catch-all, last in the host's order by its
// name, lets the app say what is wrong, in Key Vault's error shape.
package wrongroute

import (
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
)

// Handler answers 404. A known path with a wrong method does not get here: the router knows the
// methods and answers 405.
func Handler() http.Handler {
	return apierror.Handler(func(http.ResponseWriter, *http.Request) error {
		return secret.Problemf(secret.ErrUnknownRoute, "There is nothing at this path. Secrets are at secrets/{name}, below the app's route prefix.")
	})
}
