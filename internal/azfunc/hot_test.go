package azfunc_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"rotunda/internal/azfunc"
)

// whichRoute responds with the route by which a request came.
type whichRoute struct{}

func (whichRoute) ServeHTTP(w http.ResponseWriter, r *http.Request) { says("mux").ServeHTTP(w, r) }

func (whichRoute) ServeNamed(w http.ResponseWriter, _ *http.Request, name string) {
	_, _ = w.Write([]byte("hot " + name))
}

func TestHotRouteTakesPlainGetsOnly(t *testing.T) {
	files := fstest.MapFS{
		"get/function.json": definition("secrets/{name}/{version:length(32)?}", "get"),
		"zz/function.json":  definition("{*path}", "get"),
	}
	var out bytes.Buffer
	handlers := map[string]http.Handler{"get": whichRoute{}, "zz": http.NotFoundHandler()}
	router, err := azfunc.NewRouter(files, "api", handlers, nil, slog.New(slog.NewJSONHandler(&out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	version := strings.Repeat("0", 32)
	for _, row := range []struct{ method, path, want string }{
		{"GET", "/api/secrets/a", "hot a"},
		{"GET", "/api/secrets/a?api-version=7.6", "hot a"},
		{"GET", "/api/secrets/bad_name", "hot bad_name"},
		{"GET", "/api/secrets/a/", "mux a "},
		{"GET", "/api/SECRETS/a", "mux a "},
		{"GET", "/api/secrets/a%2Fb", "mux a%2Fb "},
		{"GET", "/api/secrets/a/" + version, "mux a " + version},
		{"HEAD", "/api/secrets/a", "mux a "},
	} {
		out.Reset()
		got := ask(router, row.method, row.path)
		if got.Body.String() != row.want {
			t.Errorf("%s %s: %q, want %q", row.method, row.path, got.Body, row.want)
		}
		if got.Header().Get("x-ms-request-id") == "" || strings.Count(out.String(), `"function":"get"`) != 1 {
			t.Errorf("%s %s: headers %v, log %s", row.method, row.path, got.Header(), out.String())
		}
	}
	if got := ask(router, "GET", "/api/secrets/"); got.Code != http.StatusNotFound {
		t.Errorf("no name: %d", got.Code)
	}
}
