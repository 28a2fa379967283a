package azfunc_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"rotunda/internal/access"
	"rotunda/internal/apierror"
	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
)

// served returns the response of a router with one function, and the log.
func served(t *testing.T, f http.Handler, r *http.Request) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var out bytes.Buffer
	router, err := azfunc.NewRouter(fstest.MapFS{"f/function.json": definition("f", "get")}, "api", map[string]http.Handler{"f": f}, nil,
		slog.New(slog.NewJSONHandler(&out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	func() {
		defer func() { _ = recover() }() // as net/http does
		router.ServeHTTP(w, r)
	}()
	return w, out.String()
}

// What must happen before the response happens before its first byte, once, and knows the status.
func TestBeforeTheResponse(t *testing.T) {
	large := strings.Repeat("x", 100<<10)
	unavailable := secret.Problemf(secret.ErrAuditUnavailable, "The audit is away.")
	for name, row := range map[string]struct {
		f      func(w http.ResponseWriter)
		status int
		body   string
	}{
		"a body":              {func(w http.ResponseWriter) { _, _ = w.Write([]byte("canary")) }, 200, "canary"},
		"pieces":              {func(w http.ResponseWriter) { _, _ = w.Write([]byte("can")); _, _ = w.Write([]byte("ary")) }, 200, "canary"},
		"a large body":        {func(w http.ResponseWriter) { _, _ = w.Write([]byte(large)) }, 200, large},
		"a large second part": {func(w http.ResponseWriter) { _, _ = w.Write([]byte("a")); _, _ = w.Write([]byte(large)) }, 200, "a" + large},
		"only a status":       {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }, 204, ""},
		"nothing":             {func(http.ResponseWriter) {}, 200, ""},
		"an error":            {func(w http.ResponseWriter) { apierror.Write(w, errors.New("x")) }, 500, "InternalError"},
		"a panic":             {func(http.ResponseWriter) { panic("canary") }, 500, "InternalError"},
	} {
		for _, fails := range []bool{false, true} {
			var seen []int
			f := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				recorder, _ := w.(interface{ Unwrap() http.ResponseWriter }).Unwrap().(*httptest.ResponseRecorder)
				w.(azfunc.Entry).BeforeResponse(func(status int) error {
					if seen = append(seen, status); recorder.Body.Len() > 0 {
						t.Errorf("%s: the response has begun", name)
					}
					if fails {
						return unavailable
					}
					return nil
				})
				w.Header().Set("ETag", `"v1"`)
				row.f(w)
			})
			got, log := served(t, f, httptest.NewRequest(http.MethodGet, "/api/f", nil))
			status, body := row.status, row.body
			if fails {
				status, body = 503, "AuditUnavailable"
			}
			if got.Code != status || !strings.Contains(got.Body.String(), body) || len(seen) != 1 || seen[0] != row.status {
				t.Errorf("%s, fails %t: %d, %d bytes, saw %v", name, fails, got.Code, got.Body.Len(), seen)
			}
			if fails && (strings.Contains(got.Body.String(), "canary") || strings.Contains(got.Body.String(), "xxx") || got.Header().Get("ETag") != "" ||
				!strings.Contains(log, `"status":503`)) {
				t.Errorf("%s: %v %s\n%s", name, got.Header(), got.Body, log)
			}
		}
	}
}

// The vault's queue and the log know a caller by who it is, whatever token it sent.
func TestACallerIsWhoItIs(t *testing.T) {
	var queued []secret.Caller
	one, other := &access.Caller{Tenant: "t", Object: "1"}, &access.Caller{Tenant: "t", Object: "2"}
	for token, caller := range map[string]*access.Caller{"a": one, "b": one, "c": other} {
		r := httptest.NewRequest(http.MethodGet, "/api/f", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		f := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.(azfunc.Entry).NoteCaller(caller)
			got := secret.CallerFrom(azfunc.CallerContext(w, r.WithContext(t.Context())))
			if got != azfunc.CallerID(caller) {
				t.Errorf("%s: %d", token, got)
			}
			queued = append(queued, got)
		})
		if _, log := served(t, f, r); !strings.Contains(log, `"caller":"oid:`+caller.Object+`"`) {
			t.Errorf("the log does not name the caller: %s", log)
		}
	}
	if azfunc.CallerID(one) == azfunc.CallerID(other) || len(queued) != 3 {
		t.Errorf("%v", queued)
	}
}

// A key names the caller in the log only if the check of the request says that the host has
// checked it.
func TestAKeyNamesTheCaller(t *testing.T) {
	keys := access.NewFingerprints("contoso")
	for _, checked := range []bool{true, false} {
		r := httptest.NewRequest(http.MethodGet, "/api/f?code=canary-key", nil)
		_, log := served(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if checked {
				w.(azfunc.Entry).NoteKeys(keys)
			}
		}), r)
		if strings.Contains(log, `"caller":"`+keys.CallerBy("canary-key").String()+`"`) != checked || strings.Contains(log, "canary") {
			t.Errorf("checked %t: %s", checked, log)
		}
	}
}

// guard is a handler whose check refuses everything.
type guard struct{ http.Handler }

func (guard) Around(http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
}

// The check of the catch-all function is also that of the router's own responses.
func TestTheRoutersOwnResponsesAreBehindTheCheck(t *testing.T) {
	files := fstest.MapFS{"f/function.json": definition("f", "get"), "zz/function.json": definition("{*path}", "get")}
	router, err := azfunc.NewRouter(files, "api", map[string]http.Handler{"f": says("f"), "zz": guard{says("zz")}}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(router, http.MethodPost, "/api/f"); got.Code != http.StatusUnauthorized {
		t.Errorf("a wrong method: %d", got.Code)
	}
	if got := ask(router, http.MethodGet, "/api/f"); got.Code != http.StatusOK {
		t.Errorf("%d", got.Code)
	}
}
