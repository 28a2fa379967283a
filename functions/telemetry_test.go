package functions_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"rotunda/internal/standin/host"
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

// sortedText returns attributes as text, sorted by name.
func sortedText(all pcommon.Map) string {
	var text []string
	for name, value := range all.All() {
		text = append(text, name+"="+value.AsString())
	}
	slices.Sort(text)
	return strings.Join(text, " ")
}

func spansOf(received wiretest.Received, name string) (found []ptrace.Span) {
	for _, span := range received.Spans {
		if span.Name() == name {
			found = append(found, span)
		}
	}
	return found
}

// hasSpans is a condition: the collector has received a number of spans of a name.
func hasSpans(name string, number int) func(wiretest.Received) bool {
	return func(received wiretest.Received) bool { return len(spansOf(received, name)) >= number }
}

func TestTraces(t *testing.T) {
	collector := wiretest.StartCollector(t)
	app := wiretest.Start(t, wiretest.Options{Env: append(collector.Env(), "OTEL_TRACES_SAMPLER_ARG=0", "OTEL_EXPORTER_OTLP_HEADERS=x-api-key=canary-key%3D")})
	app.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`, unsampled)
	app.Do(t, http.MethodGet, "/secrets/a", "", sampled, "tracestate: vendor=canary-state") // from the vault
	app.Do(t, http.MethodGet, "/secrets/a_b?x=canary-query", "", sampled)                   // refused
	app.Do(t, http.MethodGet, "/secrets/a", "", sampled)                                    // from memory
	app.Do(t, http.MethodDelete, "/secrets/a", "", unsampled)
	received := collector.Await(t, func(received wiretest.Received) bool {
		return hasSpans(readRoute, 3)(received) && hasSpans("HTTP GET", 1)(received)
	})
	if got := received.Header.Get("X-Api-Key"); got != "canary-key=" {
		t.Errorf("the collector got the key %q", got)
	}
	var answers []string
	for _, span := range spansOf(received, readRoute) {
		if span.TraceID().String() != parentTrace || span.ParentSpanID().String() != parentSpan || span.Kind() != ptrace.SpanKindServer {
			t.Errorf("the span is not in the caller's trace: %s, below %s, %s", span.TraceID(), span.ParentSpanID(), span.Kind())
		}
		if took := span.EndTimestamp().AsTime().Sub(span.StartTimestamp().AsTime()); took <= 0 || took > time.Minute || time.Since(span.EndTimestamp().AsTime()) > time.Minute {
			t.Errorf("the span is from %s to %s", span.StartTimestamp(), span.EndTimestamp())
		}
		answers = append(answers, sortedText(span.Attributes()))
	}
	says := func(status, name string) string {
		return "http.request.method=GET http.response.status_code=" + status + " http.route=/api/secrets/{name}/{version:length(32)?} rotunda.secret=" + name
	}
	want := []string{says("200", "a"), says("400", "a_b"), says("200", "a")}
	if !slices.Equal(answers, want) {
		t.Errorf("the spans say\n%s\nwant\n%s", strings.Join(answers, "\n"), strings.Join(want, "\n"))
	}
	calls := spansOf(received, "HTTP GET")
	if len(calls) != 1 || calls[0].ParentSpanID() != spansOf(received, readRoute)[0].SpanID() || calls[0].Kind() != ptrace.SpanKindClient {
		t.Errorf("%d calls to the vault, want one, below the first read", len(calls))
	}
	if len(spansOf(received, "PUT /api/secrets/{name}")) > 0 {
		t.Error("a request whose traceparent says no was traced")
	}
	app.Log.Await(`"method":"DELETE"`, nil) // whose line is written immediately, after all earlier ones
	if lines := strings.Count(app.Log.String(), `"trace":"`+parentTrace+`"`); lines != 3 {
		t.Errorf("%d lines of the log name the trace, want 3", lines)
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
	counts := func(received wiretest.Received) map[string]uint64 {
		found := map[string]uint64{}
		if histogram, ok := received.Metrics["http.server.request.duration"]; ok {
			for _, point := range histogram.DataPoints().All() {
				found[sortedText(point.Attributes())] = point.Count()
			}
		}
		return found
	}
	received := collector.Await(t, func(received wiretest.Received) bool { return maps.Equal(counts(received), want) })
	histogram := received.Metrics["http.server.request.duration"]
	if histogram.AggregationTemporality() != pmetric.AggregationTemporalityCumulative {
		t.Errorf("the histogram is %s", histogram.AggregationTemporality())
	}
	for _, point := range histogram.DataPoints().All() {
		if buckets, bounds := point.BucketCounts().Len(), point.ExplicitBounds().Len(); buckets != bounds+1 || point.Sum() <= 0 || point.Sum() > 60 {
			t.Errorf("%d buckets for %d bounds, a sum of %g s", buckets, bounds, point.Sum())
		}
	}
	if _, ok := received.Metrics["http.client.request.duration"]; !ok {
		t.Error("no metric of the calls to the vault")
	}
}

// An unavailable collector affects no response, and causes two lines in the log.
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
		t.Errorf("%d lines report that the collector is unavailable, want 1", got)
	}
	collector.Await(t, func(received wiretest.Received) bool { return len(received.Metrics) > 0 })
}

// The Functions host adds a traceparent that says no to each request without one.
func TestRequestsWithoutATraceparentAreTracedBehindTheHost(t *testing.T) {
	for _, mode := range []host.Mode{host.Newer, host.Older} {
		collector := wiretest.StartCollector(t)
		app := wiretest.Start(t, wiretest.Options{Mode: mode, Env: append(collector.Env(), "OTEL_TRACES_SAMPLER_ARG=1")})
		app.Do(t, http.MethodGet, "/secrets/a", "")
		received := collector.Await(t, hasSpans(readRoute, 1))
		if span := spansOf(received, readRoute)[0]; span.ParentSpanID().IsEmpty() {
			t.Error("the host sent no traceparent")
		}
	}
}
