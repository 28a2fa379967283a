//go:build !windows

package main_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rotunda/internal/wiretest"
)

// Each sampler gets requests without a parent, with a malformed one, with one that is not sampled,
// and with one that is.
func TestSamplers(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"
	parents := map[string]string{"none": "", "malformed": "00-not-a-trace-01", "no": parent + "00", "yes": parent + "01"}
	azure := wiretest.StartAzure(t, wiretest.Options{})
	for _, row := range []struct{ sampler, share, traced string }{
		{"", "1", "malformed no none yes"}, // the Functions host says no where the caller says nothing
		{"", "0", "yes"},
		{"parentbased_always_on", "0", "malformed no none yes"},
		{"parentbased_always_off", "1", "yes"},
		{"always_on", "0", "malformed no none yes"},
		{"always_off", "1", ""},
		{"traceidratio", "1", "malformed no none yes"},
		{"traceidratio", "0", ""},
	} {
		collector := wiretest.StartCollector(t)
		env := append(append(azure.Env(wiretest.Vault), collector.Env()...), "OTEL_TRACES_SAMPLER="+row.sampler, "OTEL_TRACES_SAMPLER_ARG="+row.share)
		told := tell(t, collector, env, parents)
		var traced []string
		for _, span := range told.Spans {
			if name, ok := span.Attributes().Get("rotunda.secret"); ok {
				traced = append(traced, name.Str())
			}
		}
		slices.Sort(traced)
		if got := strings.Join(traced, " "); got != row.traced {
			t.Errorf("%s %s: traced are %q, want %q", row.sampler, row.share, got, row.traced)
		}
		if calls := len(told.Spans) - len(traced); calls < len(traced) {
			t.Errorf("%s %s: %d calls to the vault below %d requests", row.sampler, row.share, calls, len(traced))
		}
	}
}

// tell reads a secret for each parent, and returns what the collector has received when the
// handler has ended.
func tell(t *testing.T, collector *wiretest.Collector, env []string, parents map[string]string) wiretest.Received {
	t.Helper()
	p := start(t, env...)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := p.get(ctx, "/"); err != nil {
		t.Fatal(err)
	}
	for name, parent := range parents {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/api/secrets/"+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if parent != "" {
			request.Header.Set("Traceparent", parent)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, p.out)
	}
	return collector.Await(t, func(told wiretest.Received) bool { return len(told.Metrics) > 0 })
}

// The host may need gRPC in its settings. The app must serve secrets all the same.
func TestTelemetryByGRPCIsOff(t *testing.T) {
	collector := wiretest.StartCollector(t)
	env := append(append(wiretest.StartAzure(t, wiretest.Options{}).Env(wiretest.Vault), collector.Env()...), "OTEL_EXPORTER_OTLP_PROTOCOL=grpc")
	p := start(t, env...)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if status, err := p.get(ctx, "/api/secrets/a"); err != nil || status != http.StatusNotFound {
		t.Errorf("%d %v, want the vault's 404", status, err)
	}
	if !p.out.Has("set http/protobuf") {
		t.Errorf("the log does not say what to do: %s", p.out)
	}
}
