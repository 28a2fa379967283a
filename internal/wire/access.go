package wire

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"rotunda/internal/access"
	"rotunda/internal/access/rules"
)

// Access is who a caller is and what it may do.
type Access struct {
	Caller string           `json:"caller"`
	SignIn string           `json:"signIn"`           // keys or tokens
	Who    []string         `json:"who,omitempty"`    // what rules can call the caller
	Grants *[]rules.Grant   `json:"grants,omitempty"` // nil if callers sign in by keys
	Secret string           `json:"secret,omitempty"`
	May    *[]access.Action `json:"may,omitempty"` // to the secret
}

// NameIn returns the name in the request's path, which may not be a valid one. Target returns the
// same, after checking it.
func NameIn(r *http.Request) string { return decoded(mux.Vars(r)["name"]) }

// QueryValues returns the values of a query parameter whose name matches whatever its case, as
// Accepts.Check will see them.
func QueryValues(r *http.Request, name string) (values []string) {
	if r.URL.RawQuery == "" {
		return nil
	}
	query := r.URL.Query()
	for _, sent := range slices.Sorted(maps.Keys(query)) {
		if strings.EqualFold(sent, name) {
			values = append(values, query[sent]...)
		}
	}
	return values
}
