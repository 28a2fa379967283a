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

// Collector is an OpenTelemetry collector that keeps what it is sent, as the real one reads it.
type Collector struct {
	server *httptest.Server

	mu      sync.Mutex
	status  int // what it answers; 0 is 200
	raw     strings.Builder
	header  http.Header // of the last export
	spans   []ptrace.Span
	metrics map[string]pmetric.Histogram
	told    chan struct{} // closed at the next export
}

// StartCollector runs one until the test ends. Then it checks that it was sent no value.
func StartCollector(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{metrics: map[string]pmetric.Histogram{}, told: make(chan struct{})}
	c.server = httptest.NewServer(c)
	t.Cleanup(func() {
		c.server.Close()
		if strings.Contains(c.raw.String(), Canary) {
			t.Errorf("telemetry holds a value: %q", c.raw.String())
		}
	})
	return c
}

// URL is its address.
func (c *Collector) URL() string { return c.server.URL }

// Env are the settings that make a handler export to it at once, and trace everything.
func (c *Collector) Env() []string {
	return []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL(), "OTEL_TRACES_SAMPLER_ARG=1",
		"OTEL_BSP_SCHEDULE_DELAY=5", "OTEL_METRIC_EXPORT_INTERVAL=20",
	}
}

// Refuse makes it answer a status, or 200 again by 0.
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
	close(c.told)
	c.told = make(chan struct{})
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

// Told is what a collector was told.
type Told struct {
	Header  http.Header
	Spans   []ptrace.Span
	Metrics map[string]pmetric.Histogram
}

// Await waits until the collector was told enough.
func (c *Collector) Await(t testing.TB, enough func(Told) bool) Told {
	t.Helper()
	tooLong := time.After(30 * time.Second)
	for {
		c.mu.Lock()
		told, next := Told{c.header, c.spans, c.metrics}, c.told
		ok := enough(told)
		c.mu.Unlock()
		if ok {
			return told
		}
		select {
		case <-next:
		case <-tooLong:
			t.Fatalf("the collector was told too little: %d spans, %d metrics", len(told.Spans), len(told.Metrics))
		}
	}
}
