package wiretest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Collector is an OpenTelemetry collector that keeps what it receives. It decodes with the real
// collector's packages.
type Collector struct {
	server *httptest.Server

	mu      sync.Mutex
	status  int // to respond with; 0 means 200
	raw     strings.Builder
	header  http.Header // of the last export
	spans   []ptrace.Span
	metrics map[string]pmetric.Histogram
	export  chan struct{} // closed at the next export
}

// StartCollector runs a collector until the test ends. Then it checks that it received no value.
func StartCollector(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{metrics: map[string]pmetric.Histogram{}, export: make(chan struct{})}
	c.server = httptest.NewServer(c)
	t.Cleanup(func() {
		c.server.Close()
		if strings.Contains(c.raw.String(), Canary) {
			t.Errorf("telemetry holds a value: %q", c.raw.String())
		}
	})
	return c
}

// URL returns the collector's address.
func (c *Collector) URL() string { return c.server.URL }

// Env returns the settings that make a handler export to c without delay, and trace everything.
func (c *Collector) Env() []string {
	return []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL(), "OTEL_TRACES_SAMPLER_ARG=1",
		"OTEL_BSP_SCHEDULE_DELAY=5", "OTEL_METRIC_EXPORT_INTERVAL=20",
	}
}

// Raw returns everything that c has received.
func (c *Collector) Raw() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw.String()
}

// Refuse makes c respond with a status; 0 means 200 again.
func (c *Collector) Refuse(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
}

func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status == 0 && err == nil {
		err = c.keep(r.URL.Path, body)
	}
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case c.status != 0:
		w.WriteHeader(c.status)
	}
	c.header = r.Header
	close(c.export)
	c.export = make(chan struct{})
}

func (c *Collector) keep(path string, body []byte) error {
	c.raw.Write(body)
	if path == "/v1/metrics" {
		metrics, err := (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(body)
		if err == nil {
			c.metrics = histograms(metrics)
		}
		return err
	}
	traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(body)
	for _, one := range traces.ResourceSpans().All() {
		for _, scope := range one.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				c.spans = append(c.spans, span)
			}
		}
	}
	return err
}

func histograms(metrics pmetric.Metrics) map[string]pmetric.Histogram {
	found := map[string]pmetric.Histogram{}
	for _, one := range metrics.ResourceMetrics().All() {
		for _, scope := range one.ScopeMetrics().All() {
			for _, metric := range scope.Metrics().All() {
				found[metric.Name()] = metric.Histogram()
			}
		}
	}
	return found
}

// Received is what a collector has received.
type Received struct {
	Header  http.Header
	Spans   []ptrace.Span
	Metrics map[string]pmetric.Histogram
}

// Await waits until the collector has received enough.
func (c *Collector) Await(t testing.TB, enough func(Received) bool) Received {
	t.Helper()
	tooLong := time.After(3 * time.Minute)
	for {
		c.mu.Lock()
		received, next := Received{c.header, c.spans, c.metrics}, c.export
		ok := enough(received)
		c.mu.Unlock()
		if ok {
			return received
		}
		select {
		case <-next:
		case <-tooLong:
			t.Fatalf("the collector received too little: %d spans, %d metrics", len(received.Spans), len(received.Metrics))
		}
	}
}
