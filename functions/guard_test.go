package functions

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"rotunda/internal/access"
	"rotunda/internal/access/rules"
	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

func TestNobodyListensOnTheWay(t *testing.T) {
	for _, row := range []struct {
		headers []string
		want    bool
	}{
		{nil, true}, // straight from this machine
		{[]string{"X-Forwarded-Proto: https"}, true},
		{[]string{"X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.1"}, true},
		{[]string{"X-Forwarded-Proto: http", "X-Forwarded-For: 192.0.2.1"}, false},
		{[]string{"X-Forwarded-Proto: http"}, false},
		{[]string{"X-Forwarded-Proto: ftp", "X-Forwarded-For: 192.0.2.1"}, false},
		{[]string{"X-Forwarded-For: 192.0.2.1"}, false},
		{[]string{"X-Forwarded-Proto: http", "X-Forwarded-For: 127.0.0.1"}, true},
		{[]string{"X-Forwarded-Proto: http", "X-Forwarded-For: 127.0.0.1:4711"}, true},
		{[]string{"X-Forwarded-Proto: http", "X-Forwarded-For: ::1"}, true},
		{[]string{"X-Forwarded-Proto: http", "X-Forwarded-For: [::1]:4711"}, true},
		{[]string{"X-Forwarded-Proto: http", "X-Forwarded-For: ::ffff:127.0.0.1"}, true},
		{[]string{"X-Forwarded-Proto: http", "X-Forwarded-For: 127.0.0.1, 192.0.2.1"}, false}, // the first is the caller's own word
		{[]string{"X-Forwarded-Proto: https, http", "X-Forwarded-For: 192.0.2.1"}, false},
		{[]string{"X-Forwarded-Proto: http", "X-Forwarded-For: localhost"}, false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		for _, header := range row.headers {
			name, value, _ := strings.Cut(header, ": ")
			r.Header.Add(name, value)
		}
		if got := isSecure(r); got != row.want {
			t.Errorf("%q: %t", row.headers, got)
		}
	}
}

// allowAll is rules and a sign-in that let one caller do everything.
type allowAll struct{ signIns int }

func (a *allowAll) SignIn(*http.Request) (*access.Caller, error) {
	a.signIns++
	return &access.Caller{Object: "6f1c2d3e-0000-4000-8000-000000000001"}, nil
}

func mustParse(t testing.TB, text string) *rules.Rules {
	t.Helper()
	found, err := rules.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

const everything = `{"rules": [{"who": ["oid:6f1c2d3e-0000-4000-8000-000000000001"], "secrets": ["*"], "may": ["getSecret", "readMetadata", "setSecret", "update",
	"delete", "recover", "purge", "backup", "restore", "rotate", "readRotation", "configureRotation"]}]}`

// touched is a vault and an engine that only count their calls.
type touched struct {
	Secrets
	Rotations
	calls atomic.Int64
}

func (v *touched) Read(context.Context, string, string, bool) (wire.Reading, error) {
	v.calls.Add(1)
	rendered, err := wire.Render(secret.Secret{Name: "a", Version: "v1", Value: secret.NewValue("canary-a")})
	return wire.Reading{Rendered: rendered}, err
}

func (*touched) Peek(string, string) (wire.Reading, bool) { return wire.Reading{}, false }

func (v *touched) Delete(context.Context, string) (secret.Secret, error) {
	v.calls.Add(1)
	return secret.Secret{Name: "a"}, nil
}

// broken is an audit that can't be written.
type broken struct {
	known   bool // before a record is tried
	written []access.Decision
}

func (b *broken) Healthy() error {
	if b.known {
		return errors.New("the disk is full")
	}
	return nil
}

func (b *broken) Write(_ context.Context, decisions ...access.Decision) error {
	b.written = append(b.written, decisions...)
	return errors.New("the disk is full")
}

// router returns the app's router over a fake vault.
func router(t testing.TB, v *touched, a *Access) http.Handler {
	t.Helper()
	a.Log = slog.New(slog.DiscardHandler)
	handlers, err := Handlers(v, v, a, wire.Links{Prefix: RoutePrefix}, "contoso")
	if err != nil {
		t.Fatal(err)
	}
	made, err := azfunc.NewRouter(Definitions, RoutePrefix, handlers, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// While the audit can't be written, nobody gets anything. Once that is known, nothing is touched.
func TestNothingWithoutTheAudit(t *testing.T) {
	for _, known := range []bool{true, false} {
		for _, tokens := range []bool{true, false} {
			for _, row := range []struct{ method, path, body string }{
				{"GET", "/api/secrets/a", ""}, // the fast path
				{"GET", "/api/secrets/a/" + strings.Repeat("0", 32), ""},
				{"POST", "/api/secrets/batch-get", `{"secrets":[{"name":"a"},{"name":"b"}]}`},
				{"GET", "/api/secrets/env?names=a,b", ""},
				{"GET", "/api/Secrets/env?names=a,b", ""},
				{"GET", "/api/secrets/env", ""},
				{"DELETE", "/api/secrets/a", ""},
			} {
				v, audit := &touched{}, &broken{known: known}
				a := &Access{Audit: audit, Keys: access.NewFingerprints("contoso")}
				if tokens {
					a.SignIn, a.Rules = &allowAll{}, mustParse(t, everything)
				}
				got := httptest.NewRecorder()
				router(t, v, a).ServeHTTP(got, httptest.NewRequest(row.method, row.path, strings.NewReader(row.body)))
				isItems := strings.HasSuffix(row.path, "batch-get") && !known
				if got.Code != http.StatusServiceUnavailable && !isItems || isItems && strings.Count(got.Body.String(), `"status":503`) != 2 ||
					!strings.Contains(got.Body.String(), "AuditUnavailable") || strings.Contains(got.Body.String(), "canary") || got.Header().Get("ETag") != "" {
					t.Errorf("known %t, tokens %t: %s %s: %d %v %s", known, tokens, row.method, row.path, got.Code, got.Header(), got.Body)
				}
				if certain := strings.Contains(got.Body.String(), "Nothing was changed."); certain != known {
					t.Errorf("known %t, tokens %t: %s %s: does the response say that nothing was changed? %s", known, tokens, row.method, row.path, got.Body)
				}
				if known && (v.calls.Load() > 0 || len(audit.written) > 0) || !known && len(audit.written) == 0 {
					t.Errorf("known %t, tokens %t: %s %s: %d calls, %d records", known, tokens, row.method, row.path, v.calls.Load(), len(audit.written))
				}
			}
		}
	}
}

// Reads go on if only writes are audited. A refusal is always audited.
func TestWritesOnly(t *testing.T) {
	const reader = `{"rules": [{"who": ["oid:6f1c2d3e-0000-4000-8000-000000000001"], "may": ["getSecret"], "secrets": ["a"]}]}`
	v := &touched{}
	app := router(t, v, &Access{SignIn: &allowAll{}, Rules: mustParse(t, reader), Audit: readless{&broken{known: true}}, AuditWritesOnly: true})
	for path, want := range map[string]int{"/api/secrets/a": 200, "/api/secrets/b": 503, "/api/access": 200} {
		got := httptest.NewRecorder()
		app.ServeHTTP(got, httptest.NewRequest(http.MethodGet, path, nil))
		if got.Code != want {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
	}
}

// readless is an audit that leaves out reads that are allowed, as package audit does.
type readless struct{ *broken }

func (r readless) Write(ctx context.Context, decisions ...access.Decision) error {
	if len(decisions) == 1 && decisions[0].Allowed {
		return nil
	}
	return r.broken.Write(ctx, decisions...)
}

// Every HTTP function is in the table, and nothing else.
func TestTheTableCoversEveryFunction(t *testing.T) {
	definitions, err := azfunc.LoadDefinitions(Definitions)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for name := range needs {
		listed[name] = true
	}
	for _, definition := range definitions {
		if (definition.HTTP() != nil) != listed[definition.Name] {
			t.Errorf("%s: is an HTTP function %t, listed %t", definition.Name, definition.HTTP() != nil, listed[definition.Name])
		}
		delete(listed, definition.Name)
	}
	if len(listed) > 0 {
		t.Errorf("these are not functions: %v", listed)
	}
	for name, need := range needs {
		if (need.action == "") != (need.on == open || need.on == nothing) || need.on == 0 {
			t.Errorf("%s has the action %q on %d", name, need.action, need.on)
		}
	}
}

func TestAFunctionThatTheTableLacksStopsTheApp(t *testing.T) {
	need := needs["getsecret"]
	delete(needs, "getsecret")
	defer func() { needs["getsecret"] = need }()
	v := &touched{}
	if _, err := Handlers(v, v, &Access{}, wire.Links{}, "contoso"); err == nil || !strings.Contains(err.Error(), "getsecret") {
		t.Errorf("%v", err)
	}
}
