package functions_test

import (
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

const (
	parentTrace = "0af7651916cd43dd8448eb211c80319c"
	parentSpan  = "b7ad6b7169203331"
	sampled     = "traceparent: 00-" + parentTrace + "-" + parentSpan + "-01"
	unsampled   = "traceparent: 00-" + parentTrace + "-" + parentSpan + "-00"

	readRoute = "GET /api/secrets/{name}/{version:length(32)?}"
)

// words shows attributes in the order of their names.
func words(all []*commonpb.KeyValue) string {
	found := map[string]string{}
	for _, one := range all {
		found[one.GetKey()] = strings.Trim(one.GetValue().String(), " ")
	}
	var text []string
	for _, name := range slices.Sorted(maps.Keys(found)) {
		_, value, _ := strings.Cut(found[name], ":")
		text = append(text, name+"="+strings.Trim(value, `"`))
	}
	return strings.Join(text, " ")
}

func spansOf(told wiretest.Told, name string) (found []*tracepb.Span) {
	for _, span := range told.Spans {
		if span.GetName() == name {
			found = append(found, span)
		}
	}
	return found
}

// seen waits for a number of spans of a name.
func seen(name string, number int) func(wiretest.Told) bool {
	return func(told wiretest.Told) bool { return len(spansOf(told, name)) >= number }
}

func TestTraces(t *testing.T) {
	collector := wiretest.StartCollector(t)
	app := wiretest.Start(t, wiretest.Options{Env: append(collector.Env(), "OTEL_EXPORTER_OTLP_HEADERS=x-api-key=canary-key%3D")})
	app.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`, unsampled)
	app.Do(t, http.MethodGet, "/secrets/a", "", sampled, "tracestate: vendor=canary-state") // from the vault
	app.Do(t, http.MethodGet, "/secrets/a_b?x=canary-query", "", sampled)                   // refused
	app.Do(t, http.MethodGet, "/secrets/a", "", sampled)                                    // from memory
	app.Do(t, http.MethodDelete, "/secrets/a", "", unsampled)
	told := collector.Await(t, func(told wiretest.Told) bool {
		return seen(readRoute, 3)(told) && seen("HTTP GET", 1)(told)
	})
	if got := told.Header.Get("X-Api-Key"); got != "canary-key=" {
		t.Errorf("the collector got the key %q", got)
	}
	var answers []string
	for _, span := range spansOf(told, readRoute) {
		if hex.EncodeToString(span.GetTraceId()) != parentTrace || hex.EncodeToString(span.GetParentSpanId()) != parentSpan || span.GetKind() != tracepb.Span_SPAN_KIND_SERVER {
			t.Errorf("the span is not of the caller's trace: %v", span)
		}
		if span.GetTraceState() != "" {
			t.Errorf("the span has a state that the caller sent: %v", span)
		}
		answers = append(answers, words(span.GetAttributes()))
	}
	says := func(status, name string) string {
		return "http.request.method=GET http.response.status_code=" + status + " http.route=/api/secrets/{name}/{version:length(32)?} rotunda.secret=" + name
	}
	want := []string{says("200", "a"), says("400", "a_b"), says("200", "a")}
	if !slices.Equal(answers, want) {
		t.Errorf("the spans say\n%s\nwant\n%s", strings.Join(answers, "\n"), strings.Join(want, "\n"))
	}
	calls := spansOf(told, "HTTP GET")
	if len(calls) != 1 || string(calls[0].GetParentSpanId()) != string(spansOf(told, readRoute)[0].GetSpanId()) {
		t.Errorf("calls to the vault: %v, want one, below the first read", calls)
	}
	if len(spansOf(told, "PUT /api/secrets/{name}")) > 0 {
		t.Error("a request whose traceparent says no was traced")
	}
	app.Log.Await(`"method":"DELETE"`, nil) // whose line goes out at once, and with it those before
	if lines := strings.Count(app.Log.String(), `"trace":"`+parentTrace+`"`); lines != 3 {
		t.Errorf("%d lines of the log name the trace, want 3", lines)
	}
}

func TestTracesByChance(t *testing.T) {
	always, never := wiretest.StartCollector(t), wiretest.StartCollector(t)
	for collector, more := range map[*wiretest.Collector]string{always: "A=", never: "OTEL_TRACES_SAMPLER_ARG=0"} {
		app := wiretest.Start(t, wiretest.Options{Env: append(collector.Env(), more)})
		for _, header := range []string{"Accept: */*", "traceparent: 00-not-a-trace-01", sampled} {
			app.Do(t, http.MethodGet, "/secrets/none", "", header)
		}
	}
	always.Await(t, seen(readRoute, 3))
	told := never.Await(t, seen(readRoute, 1))
	if got := spansOf(told, readRoute); hex.EncodeToString(got[0].GetTraceId()) != parentTrace {
		t.Errorf("with the share 0 a request without a traceparent was traced: %v", got)
	}
}

func TestMetrics(t *testing.T) {
	collector := wiretest.StartCollector(t)
	app := wiretest.Start(t, wiretest.Options{Env: collector.Env()})
	app.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`)
	for range 5 {
		app.Do(t, http.MethodGet, "/secrets/a", "", unsampled)
	}
	app.Do(t, http.MethodDelete, "/secrets", "")
	setFaults(t, app, keyvault.Faults{Calls: []keyvault.Fault{{Kind: keyvault.Error, Status: 500, Operations: []string{"get"}}}})
	app.Do(t, http.MethodGet, "/secrets/b", "")
	want := map[string]uint64{
		"http.request.method=PUT http.response.status_code=200 http.route=/api/secrets/{name}":                                      1,
		"http.request.method=GET http.response.status_code=200 http.route=/api/secrets/{name}/{version:length(32)?}":                5,
		"http.request.method=DELETE http.response.status_code=405":                                                                  1,
		"error.type=500 http.request.method=GET http.response.status_code=500 http.route=/api/secrets/{name}/{version:length(32)?}": 1,
	}
	counts := func(told wiretest.Told) map[string]uint64 {
		found := map[string]uint64{}
		for _, point := range told.Metrics["http.server.request.duration"].GetDataPoints() {
			found[words(point.GetAttributes())] = point.GetCount()
		}
		return found
	}
	told := collector.Await(t, func(told wiretest.Told) bool { return maps.Equal(counts(told), want) })
	if told.Metrics["http.client.request.duration"].GetDataPoints() == nil {
		t.Errorf("no metric of the calls to the vault: %v", told.Metrics)
	}
}

// A collector that is away costs nobody an answer, and the log two lines.
func TestCollectorAway(t *testing.T) {
	collector := wiretest.StartCollector(t)
	collector.Refuse(http.StatusServiceUnavailable)
	app := wiretest.Start(t, wiretest.Options{Env: collector.Env()})
	app.Log.Await("telemetry is not delivered", nil)
	if got := app.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`); got.Status != http.StatusOK {
		t.Error(got)
	}
	collector.Refuse(0)
	app.Log.Await("telemetry is delivered again", nil)
	if got := strings.Count(app.Log.String(), "telemetry is not delivered"); got != 1 {
		t.Errorf("%d lines say that the collector is away, want 1", got)
	}
	collector.Await(t, func(told wiretest.Told) bool { return told.Metrics["http.server.request.duration"] != nil })
}
