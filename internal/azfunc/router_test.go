package azfunc_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gorilla/mux"

	"rotunda/internal/apierror"
	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
)

func definition(route, method string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(`{"bindings":[
		{"type":"httpTrigger","direction":"in","name":"req","methods":["` + method + `"],"route":"` + route + `"},
		{"type":"http","direction":"out","name":"res"}]}`)}
}

// says responds with the function's name and its route values.
func says(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(name + " " + mux.Vars(r)["name"] + " " + mux.Vars(r)["version"]))
	})
}

func newRouter(t *testing.T, log *slog.Logger) http.Handler {
	t.Helper()
	files := fstest.MapFS{
		"get/function.json":      definition("secrets/{name}/{version:length(32)?}", "get"),
		"set/function.json":      definition("secrets/{name}", "put"),
		"versions/function.json": definition("secrets/{name}/versions", "get"),
		"panics/function.json":   definition("panic", "post"),
		"fails/function.json":    definition("fail", "get"),
		"zz/function.json":       definition("{*path}", "get"),
		"queue/function.json":    {Data: []byte(`{"bindings":[{"type":"queueTrigger","direction":"in","name":"msg"}]}`)},
	}
	fails := apierror.Handler(func(http.ResponseWriter, *http.Request) error { return errors.New("deep inside") })
	handlers := map[string]http.Handler{
		"get": says("get"), "set": says("set"), "versions": says("versions"), "queue": says("queue"), "fails": fails,
		"panics": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("canary-in-a-panic") }),
		"zz": apierror.Handler(func(http.ResponseWriter, *http.Request) error {
			return secret.Problemf(secret.ErrUnknownRoute, "nothing")
		}),
	}
	router, err := azfunc.NewRouter(files, "api", handlers, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	return router
}

func ask(h http.Handler, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func TestRoutes(t *testing.T) {
	router := newRouter(t, slog.New(slog.DiscardHandler))
	version := strings.Repeat("0a", 16)
	for _, row := range []struct{ method, path, want string }{
		{"GET", "/api/secrets/a", "get a "},
		{"GET", "/api/secrets/a/", "get a "},
		{"GET", "/api/secrets/a/" + version, "get a " + version},
		{"GET", "/api/secrets/a/" + version + "/", "get a " + version},
		{"GET", "/API/Secrets/A", "get A "},
		{"GET", "/api/secrets/a/versions", "versions a "},
		{"GET", "/api/secrets/a/Versions/", "versions a "},
		{"PUT", "/api/secrets/a?code=k", "set a "},
		{"GET", "/api/secrets/a%2Fb", "get a%2Fb "},
		{"POST", "/queue", "queue  "},
		{"HEAD", "/api/secrets/a", "get a "}, // net/http drops the body
	} {
		if got := ask(router, row.method, row.path); got.Code != 200 || got.Body.String() != row.want {
			t.Errorf("%s %s: %d %q, want %q", row.method, row.path, got.Code, got.Body, row.want)
		}
	}
	for _, path := range []string{"/api/secrets/a/b", "/api//secrets/a", "/secrets/a", "/api/secrets/a/" + version + "/x", "/nope"} {
		if got := ask(router, "GET", path); got.Code != 404 || !strings.Contains(got.Body.String(), `"NotFound"`) {
			t.Errorf("GET %s: %d %s", path, got.Code, got.Body)
		}
	}
}

func TestWrongMethodNamesTheRightOnes(t *testing.T) {
	router := newRouter(t, slog.New(slog.DiscardHandler))
	for path, allow := range map[string]string{
		"/api/secrets/a":          "GET, HEAD, PUT",
		"/api/secrets/a/versions": "GET, HEAD",
		"/queue":                  "POST",
	} {
		got := ask(router, "DELETE", path)
		if got.Code != 405 || got.Header().Get("Allow") != allow || !strings.Contains(got.Body.String(), "HTTP DELETE not allowed") {
			t.Errorf("DELETE %s: %d Allow: %s %s", path, got.Code, got.Header().Get("Allow"), got.Body)
		}
	}
}

func TestEveryAnswerHasItsHeadersAndItsLine(t *testing.T) {
	var out bytes.Buffer
	router := newRouter(t, slog.New(slog.NewJSONHandler(&out, nil)))
	for _, row := range []struct {
		method, path, function string
		status                 int
		level                  string
	}{
		{"GET", "/api/secrets/a", "get", 200, "INFO"},
		{"GET", "/api/nope", "zz", 404, "INFO"},
		{"DELETE", "/api/secrets/a", "", 405, "INFO"},
		{"POST", "/api/panic", "panics", 500, "ERROR"},
		{"GET", "/api/fail", "fails", 500, "ERROR"},
	} {
		out.Reset()
		r := httptest.NewRequest(row.method, row.path, nil)
		r.Header.Set("x-ms-client-request-id", "mine")
		r.Header["X-Azure-Functions-Invocationid"] = []string{"forged", "forged, 0b6a3f6e-0000-4000-8000-000000000001"}
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		header := w.Header()
		if w.Code != row.status || header.Get("x-ms-request-id") == "" || header.Get("x-ms-client-request-id") != "mine" ||
			header.Get("Cache-Control") != "no-store" || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s: %d %v", row.method, row.path, w.Code, header)
		}
		var line struct {
			Level, Function, Request, Invocation string
			Status                               int
		}
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatalf("%s %s: not one line of JSON: %v\n%s", row.method, row.path, err, out.String())
		}
		if line.Function != row.function || line.Status != row.status || line.Level != row.level ||
			line.Request != header.Get("x-ms-request-id") || line.Invocation != "0b6a3f6e-0000-4000-8000-000000000001" {
			t.Errorf("%s %s: line %s", row.method, row.path, out.String())
		}
		if strings.Contains(w.Body.String()+out.String(), "canary-in-a-panic") || strings.Contains(w.Body.String(), "deep inside") {
			t.Errorf("%s %s reveals what it must not: %s %s", row.method, row.path, w.Body, out.String())
		}
		if row.function == "panics" && !strings.Contains(out.String(), "router_test.go") {
			t.Errorf("the line does not show where the panic was: %s", out.String())
		}
	}
}

// A panic after the response began must break the connection and must be logged.
func TestABrokenResponseIsLogged(t *testing.T) {
	var out bytes.Buffer
	handlers := map[string]http.Handler{"f": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		panic("canary-in-a-panic")
	})}
	router, err := azfunc.NewRouter(fstest.MapFS{"f/function.json": definition("f", "get")}, "api", handlers, nil, slog.New(slog.NewJSONHandler(&out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if cause := recover(); cause != http.ErrAbortHandler { //nolint:errorlint // net/http compares as well
			t.Errorf("the panic goes on as %v", cause)
		}
		if line := out.String(); !strings.Contains(line, `"level":"ERROR"`) || !strings.Contains(line, "panic: string at") || strings.Contains(line, "canary") {
			t.Errorf("the line is %q", line)
		}
	}()
	ask(router, "GET", "/api/f")
}

func TestDefinitionsAndHandlersMustMatch(t *testing.T) {
	good := fstest.MapFS{"a/function.json": definition("a", "get")}
	for name, row := range map[string]struct {
		files    fstest.MapFS
		handlers map[string]http.Handler
		says     string
	}{
		"no handler":    {good, nil, "a has a function.json but no handler"},
		"no definition": {good, map[string]http.Handler{"a": says("a"), "b": says("b")}, "b has a handler but no b/function.json"},
		"bad JSON":      {fstest.MapFS{"a/function.json": {Data: []byte("{")}}, nil, "a/function.json"},
		"no trigger":    {fstest.MapFS{"a/function.json": {Data: []byte(`{"bindings":[]}`)}}, nil, "Trigger"},
		"a bad route":   {fstest.MapFS{"a/function.json": definition("a/{x:int}", "get")}, map[string]http.Handler{"a": says("a")}, "{x:int}"},
	} {
		_, err := azfunc.NewRouter(row.files, "api", row.handlers, nil, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v, want %q", name, err, row.says)
		}
	}
}

// The host reads function.json with a byte order mark, comments and trailing commas, and the app
// reads the same file.
func TestDefinitionsAreReadAsTheHostReadsThem(t *testing.T) {
	files := fstest.MapFS{"a/function.json": {Data: []byte("\xef\xbb\xbf{ // the trigger\n" +
		`"bindings": [/* one */ {"type": "httpTrigger", "methods": ["get",], "route": "a//*b*/",},]}`)}}
	definitions, err := azfunc.LoadDefinitions(files)
	if err != nil || len(definitions) != 1 || definitions[0].HTTP().Route != "a//*b*/" {
		t.Errorf("%+v, %v", definitions, err)
	}
}

// A route is either rejected or served: NewRouter never panics, and a route that it accepts
// responds.
func FuzzRoute(f *testing.F) {
	for _, seed := range []string{"secrets/{name}", "secrets/{name}/{version:length(32)?}", "{a?}/b", "{*path}", "a b", "{x:length(0)}", "{", "}{", "a//b", "(", "{x}/{x}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, route string) {
		text, err := json.Marshal(route)
		if err != nil {
			t.Skip()
		}
		files := fstest.MapFS{"f/function.json": {Data: []byte(`{"bindings":[{"type":"httpTrigger","methods":["get"],"route":` + string(text) + `}]}`)}}
		router, err := azfunc.NewRouter(files, "api", map[string]http.Handler{"f": says("f")}, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			return
		}
		if got := ask(router, "GET", "/api/x"); got.Code != 200 && got.Code != 404 {
			t.Fatalf("route %q: GET /api/x answers %d", route, got.Code)
		}
	})
}
