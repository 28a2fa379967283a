package functions

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"rotunda/internal/access"
	"rotunda/internal/azfunc"
	"rotunda/internal/wire"
)

// envNeed is what getenv needs, and envAccepts what it reads of a request.
var (
	envNeed    = need{action: access.GetSecret, on: items, listed: wire.SecretsIn}
	envAccepts = wire.Accepts{Query: []string{"names", "field"}}
)

// envOperation is getenv as the description of the API needs it.
var envOperation = Operation{
	Name: "getenv", Method: http.MethodGet, Route: "secrets/env", Accepts: envAccepts,
	Actions: []access.Action{envNeed.action}, Secrets: "each secret; without it for one, the whole request is refused",
}

// withEnv is getsecret, except that a request for the secret env with names in its query is one of
// getenv. They share a function of the host, which gives every function keys of its own: a key
// that reads the secret env would not open a second function with the path secrets/env.
type withEnv struct {
	azfunc.Named
	env http.Handler
}

var _ azfunc.Named = withEnv{}

// addEnv adds getenv to getsecret, behind a check of its own.
func (a *Access) addEnv(handlers map[string]http.Handler, env http.Handler) error {
	named, ok := handlers["getsecret"].(azfunc.Named)
	if !ok {
		return errors.New("functions/getsecret must handle names, for functions/getenv")
	}
	handlers["getsecret"] = withEnv{named, a.guarded(envNeed, checked(envAccepts, env))}
	return nil
}

func (e withEnv) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if mux.Vars(r)["version"] == "" && isEnv(r, wire.NameIn(r)) {
		e.serve(w, r)
		return
	}
	e.Named.ServeHTTP(w, r)
}

// ServeNamed implements azfunc.Named.
func (e withEnv) ServeNamed(w http.ResponseWriter, r *http.Request, name string) {
	if r.URL.RawQuery != "" && isEnv(r, name) {
		e.serve(w, r.WithContext(azfunc.CallerContext(w, r)))
		return
	}
	e.Named.ServeNamed(w, r, name)
}

func (e withEnv) serve(w http.ResponseWriter, r *http.Request) {
	if entry, ok := w.(azfunc.Entry); ok {
		entry.NoteItems()
	}
	e.env.ServeHTTP(w, r)
}

func isEnv(r *http.Request, name string) bool {
	return strings.EqualFold(name, "env") && wire.HasNames(r)
}
