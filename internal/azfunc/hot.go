package azfunc

import (
	"net/http"
	"strings"
)

// Named is a handler of a route that ends in a name. Such a GET is recognised before gorilla/mux,
// whose regular expressions cost more than all the rest of an answer from memory.
type Named interface {
	http.Handler
	ServeNamed(w http.ResponseWriter, r *http.Request, name string)
}

// hotRoute is a GET of prefix and a name, plainly written. All else is mux's business: other
// cases, a trailing slash, a version, anything encoded.
type hotRoute struct {
	prefix string
	next   Named
	rec    recorder
}

// newHotRoute makes one where the handler is Named and the route is text, {name}, and at most an
// optional parameter.
func newHotRoute(prefix string, definition Definition, handler http.Handler, rec recorder) (hotRoute, bool) {
	next, ok := handler.(Named)
	if !ok {
		return hotRoute{}, false
	}
	before, after, found := strings.Cut(definition.HTTP().Route, "{name}")
	if !found || strings.Contains(before, "{") || after != "" && !strings.HasSuffix(after, "?}") {
		return hotRoute{}, false
	}
	return hotRoute{prefix: "/" + prefix + "/" + before, next: next, rec: rec}, true
}

// serve answers if the request is of this route, and tells whether it did.
func (h *hotRoute) serve(w http.ResponseWriter, r *http.Request) bool {
	if h.next == nil || r.Method != http.MethodGet || r.URL.RawPath != "" {
		return false
	}
	name, found := strings.CutPrefix(r.URL.Path, h.prefix)
	if !found || name == "" || strings.Contains(name, "/") {
		return false
	}
	h.rec.named(w, r, h.next, name)
	return true
}
