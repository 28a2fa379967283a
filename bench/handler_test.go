package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"rotunda/functions"
	"rotunda/internal/access"
	"rotunda/internal/azfunc"
	"rotunda/internal/cache"
	"rotunda/internal/jsonlog"
	"rotunda/internal/rotation/answer"
	"rotunda/internal/secret"
	"rotunda/internal/telemetry"
	"rotunda/internal/wire"
	"rotunda/internal/wiretest"
)

// memory serves reads from the real cache, in front of a vault with one secret.
type memory struct {
	functions.Secrets
	kept *cache.Cache[*wire.Rendered]
}

func (m memory) Read(ctx context.Context, name, version string, _ bool) (wire.Reading, error) {
	hit, err := m.kept.Get(ctx, cache.Key{Name: name, Version: version})
	return wire.Reading{Rendered: hit.Value, Age: hit.Age, Stale: hit.Stale}, err
}

func (m memory) Peek(name, version string) (wire.Reading, bool) {
	hit, ok := m.kept.Peek(cache.Key{Name: name, Version: version})
	return wire.Reading{Rendered: hit.Value, Age: hit.Age}, ok
}

// oneSecret returns a secret whose JSON is about as long as Key Vault's usually is: 360 bytes.
func oneSecret() secret.Secret {
	at := time.Unix(1795467247, 0)
	return secret.Secret{
		ID: "https://contoso.vault.azure.net/secrets/db-password/459ce7aa5e41445ea9654b316d28a204", Version: "459ce7aa5e41445ea9654b316d28a204",
		Value: secret.NewValue("canary-of-a-usual-length-0123456789"), ContentType: new("password"),
		Attributes: secret.Attributes{
			Enabled: new(true), Created: &at, Updated: &at, Expires: &at, RecoveryLevel: new("Recoverable+Purgeable"), RecoverableDays: new(int32(90)),
		},
		Tags: map[string]string{"team": "a"},
	}
}

func handler(t testing.TB, log io.Writer, provider *telemetry.Provider) http.Handler {
	t.Helper()
	return handlerWith(t, &functions.Access{Keys: access.NewFingerprints("contoso")}, log, provider)
}

func handlerWith(t testing.TB, access *functions.Access, log io.Writer, provider *telemetry.Provider) http.Handler {
	t.Helper()
	never := func(error) bool { return false }
	kept, err := cache.New(cache.Policy[*wire.Rendered]{
		TTL: time.Hour, MaxEntries: 100, MaxBytes: 1 << 20, Size: (*wire.Rendered).Size, Missing: never, Away: never,
	}, func(context.Context, cache.Key) (*wire.Rendered, error) { return wire.Render(oneSecret()) })
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	if log != nil {
		logger, _ = jsonlog.New(log, slog.LevelInfo)
	}
	handlers, err := functions.Handlers(memory{kept: kept}, answer.Rotations{}, access, wire.Links{}, "contoso")
	if err != nil {
		t.Fatal(err)
	}
	router, err := azfunc.NewRouter(functions.Definitions, functions.RoutePrefix, handlers, provider, logger)
	if err != nil {
		t.Fatal(err)
	}
	return router
}

// observed returns telemetry that exports to a collector of the test, with the default share of
// traces.
func observed(t testing.TB) *telemetry.Provider {
	t.Helper()
	provider, err := telemetry.Start(t.Context(), telemetry.Options{
		Endpoint: wiretest.StartCollector(t).URL(), Service: "bench", Share: 0.01, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = provider.Stop(context.Background()) })
	return provider
}

// traceparent is the header of a host that does not trace the request.
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

// sink is a ResponseWriter that costs almost nothing.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header       { return s.header }
func (*sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(status int)    { s.status = status }

func cachedGet(router http.Handler, parent ...string) func() {
	header := http.Header{"Accept": {"*/*"}}
	if len(parent) > 0 {
		header["Traceparent"] = parent
	}
	return cachedGetWith(router, header)
}

func cachedGetWith(router http.Handler, header http.Header) func() {
	request := httptest.NewRequest(http.MethodGet, "/api/secrets/db-password", nil)
	request.Header = header
	w := &sink{http.Header{}, 0}
	return func() {
		clear(w.header)
		router.ServeHTTP(w, request)
		if w.status != http.StatusOK {
			panic(w.status)
		}
	}
}

// bundle is the secret in the wire format, declared in the obvious way.
type bundle struct {
	Value       *string           `json:"value,omitempty"`
	ContentType *string           `json:"contentType,omitempty"`
	ID          string            `json:"id"`
	Attributes  bundleAttributes  `json:"attributes"`
	Tags        map[string]string `json:"tags,omitempty"`
}

type bundleAttributes struct {
	Enabled         *bool   `json:"enabled,omitempty"`
	Expires         *int64  `json:"exp,omitempty"`
	Created         *int64  `json:"created,omitempty"`
	Updated         *int64  `json:"updated,omitempty"`
	RecoveryLevel   *string `json:"recoveryLevel,omitempty"`
	RecoverableDays *int32  `json:"recoverableDays,omitempty"`
}

// marshalBundle encodes the bytes that the handler serves.
func marshalBundle(t testing.TB) func() {
	t.Helper()
	rendered, err := wire.Render(oneSecret())
	if err != nil {
		t.Fatal(err)
	}
	var found bundle
	if err := json.Unmarshal(rendered.JSON(), &found); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(found); err != nil || !bytes.Equal(again, rendered.JSON()) {
		t.Fatalf("the floor encodes different bytes: %s, %v", again, err)
	}
	return func() {
		if _, err := json.Marshal(found); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkCachedGet measures the handler without a network. The floor is json.Marshal of the same
// secret.
func BenchmarkCachedGet(b *testing.B) {
	for _, row := range []struct {
		name string
		call func()
	}{
		{"floor=json.Marshal", marshalBundle(b)},
		{"log=off", cachedGet(handler(b, nil, nil))},
		{"log=on", cachedGet(handler(b, io.Discard, nil))},
		{"telemetry=on", cachedGet(handler(b, nil, observed(b)))},
		{"telemetry=on,traceparent", cachedGet(handler(b, nil, observed(b)), traceparent)},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				row.call()
			}
		})
	}
}

func TestTheBenchmarkedAnswerIsTheRealOne(t *testing.T) {
	w := httptest.NewRecorder()
	handler(t, nil, nil).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/secrets/db-password", nil))
	if w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte("canary-of-a-usual-length")) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
