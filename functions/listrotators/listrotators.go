// Package listrotators lists the kinds of credential that the app can rotate.
package listrotators

import (
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// Lister returns the kinds of credential.
type Lister interface {
	ListRotators() wire.Rotators
}

// Handler serves GET rotators. The response is the same for everyone, and calls nobody.
func Handler(rotators Lister) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, _ *http.Request) error {
		return wire.WriteJSON(w, http.StatusOK, rotators.ListRotators())
	})
}
