package azfunc

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/telemetry"
)

// NewRouter serves each definition with the handler of the same name. A definition without a
// handler, or the reverse, is an error. HTTP functions are served at prefix and their route; the
// others at /<name>, where the host posts invocations. With a nil provider there is no telemetry.
func NewRouter(files fs.FS, prefix string, handlers map[string]http.Handler, provider *telemetry.Provider, log *slog.Logger) (http.Handler, error) {
	definitions, err := LoadDefinitions(files)
	if err != nil {
		return nil, err
	}
	if err := sameNames(definitions, handlers); err != nil {
		return nil, err
	}
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	var hot hotRoute
	limits := newLimits()
	for _, definition := range definitions {
		requests := provider.Requests(definition.path(prefix))
		handler, rec := handlers[definition.Name], newRecorder(log, requests, limits, definition.Name)
		if err := register(router, prefix, definition, rec.wrap(fromHost(definition, handler))); err != nil {
			return nil, fmt.Errorf("%s/function.json: %w", definition.Name, err)
		}
		if found, ok := newHotRoute(prefix, definition, handler, newHotRecorder(log, requests, limits, definition.Name)); ok {
			hot = found
		}
	}
	router.MethodNotAllowedHandler = newRecorder(log, provider.Requests(""), limits, "").wrap(likeCatchAll(definitions, handlers, wrongMethod(router)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !hot.serve(w, r) {
			router.ServeHTTP(w, r)
		}
	}), nil
}

// Guard is a handler that checks requests. Around the catch-all function, it also checks those for
// which the router itself responds.
type Guard interface {
	http.Handler
	// Around returns next behind the same check.
	Around(next http.Handler) http.Handler
}

// likeCatchAll returns next behind the check that the catch-all function has, if it has one.
func likeCatchAll(definitions []Definition, handlers map[string]http.Handler, next http.Handler) http.Handler {
	for _, definition := range definitions {
		trigger := definition.HTTP()
		if guard, ok := handlers[definition.Name].(Guard); ok && trigger != nil && trigger.Route == catchAll {
			return guard.Around(next)
		}
	}
	return next
}

func sameNames(definitions []Definition, handlers map[string]http.Handler) error {
	defined := make(map[string]bool, len(definitions))
	for _, definition := range definitions {
		defined[definition.Name] = true
		if handlers[definition.Name] == nil {
			return fmt.Errorf("function %s has a function.json but no handler: list it in functions.go", definition.Name)
		}
	}
	for name := range handlers {
		if !defined[name] {
			return fmt.Errorf("function %s has a handler but no %s/function.json", name, name)
		}
	}
	return nil
}

func register(router *mux.Router, prefix string, definition Definition, handler http.Handler) error {
	trigger := definition.HTTP()
	if trigger == nil {
		router.Path("/" + definition.Name).Methods(http.MethodPost).Handler(handler)
		return nil
	}
	if trigger.Route == catchAll { // the host tries it last, and so does the app
		router.NotFoundHandler = handler
		return nil
	}
	templates, err := patterns(prefix, trigger.Route)
	if err != nil {
		return err
	}
	for _, template := range templates {
		router.Path(template).Methods(served(trigger.Methods)...).Handler(handler)
	}
	return nil
}

// wrongMethod responds 405 with Allow.
func wrongMethod(router *mux.Router) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		allow := strings.Join(allowed(router, r), ", ")
		w.Header().Set("Allow", allow)
		return secret.Problemf(secret.ErrMethodNotAllowed, "HTTP %s not allowed. This path allows %s.", method(r), allow)
	})
}

// method returns the request's method, or "method" if it is not one of HTTP's: a message must not
// quote arbitrary text.
func method(r *http.Request) string {
	if slices.Contains(methods, r.Method) || r.Method == http.MethodTrace || r.Method == http.MethodConnect {
		return r.Method
	}
	return "method"
}

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodPost, http.MethodDelete, http.MethodOptions,
}

func allowed(router *mux.Router, r *http.Request) []string {
	return slices.DeleteFunc(slices.Clone(methods), func(candidate string) bool {
		probe := r.Clone(r.Context())
		probe.Method = candidate
		var match mux.RouteMatch
		return !router.Match(probe, &match) || match.MatchErr != nil || match.Route == nil
	})
}

// served returns the methods of a function.json in upper case. The newest hosts also send HEAD to
// a function that allows GET.
func served(declared []string) []string {
	var all []string
	for _, method := range declared {
		all = append(all, strings.ToUpper(method))
	}
	if slices.Contains(all, http.MethodGet) && !slices.Contains(all, http.MethodHead) {
		all = append(all, http.MethodHead)
	}
	return all
}
