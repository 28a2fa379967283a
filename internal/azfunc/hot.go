package azfunc

import (
	"net/http"
	"strings"
)

// Named handles a route that ends in a name. A GET of such a route is recognised before
// gorilla/mux, whose regular expressions cost more than all other work for a response from the
// cache.
type Named interface {
	http.Handler
	ServeNamed(w http.ResponseWriter, r *http.Request, name string)
}

// hotRoute matches a GET of prefix and a name, spelt exactly. It leaves all other requests to mux:
// other upper and lower case, a trailing slash, a version, anything encoded.
type hotRoute struct {
	prefix string
	next   Named
	rec    *recorder
}

// newHotRoute returns a hotRoute, and true, if the handler is Named and the route consists of
// text, {name} and at most one optional parameter.
func newHotRoute(prefix string, definition Definition, handler http.Handler, rec *recorder) (hotRoute, bool) {
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

// serve serves the request if it matches, and reports whether it did.
func (h *hotRoute) serve(w http.ResponseWriter, r *http.Request) bool {
	if h.next == nil || r.Method != http.MethodGet || r.URL.RawPath != "" || isForwarded(r) {
		return false
	}
	name, found := strings.CutPrefix(r.URL.Path, h.prefix)
	if !found || name == "" || strings.Contains(name, "/") {
		return false
	}
	h.rec.named(w, r, h.next, name)
	return true
}
