// Package telemetry reports requests, and calls to the vault, to an OpenTelemetry collector. A nil
// *Provider and what it returns do nothing. Telemetry never holds values, queries, headers or
// bodies.
package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	apimetric "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	apitrace "go.opentelemetry.io/otel/trace"
)

const scope = "rotunda"

// Options are the options of Start.
type Options struct {
	Endpoint string            // of a collector for OTLP over HTTP, without /v1/traces and /v1/metrics
	Headers  map[string]string // sent with each export, such as an API key
	Service  string            // service.name, unless OTEL_SERVICE_NAME is set
	Share    float64           // how much of the requests without a sampled traceparent is traced, from 0 to 1
	Log      *slog.Logger

	IgnoreParent bool // Share applies to all requests, also to those with a sampled traceparent
}

// Provider collects and exports until Stop.
type Provider struct {
	traces       *trace.TracerProvider
	metrics      *metric.MeterProvider
	tracer       apitrace.Tracer
	duration     apimetric.Float64Histogram
	share        float64
	ignoreParent bool // the share applies to all requests
}

// Start begins to export in the background. It does not call the collector.
func Start(ctx context.Context, options Options) (*Provider, error) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { options.Log.Debug("telemetry", "error", err.Error()) }))
	about := describe(ctx, options)
	collector := newCollector(options)
	metrics := newMeterProvider(about, collector)
	duration, err := newDuration(metrics)
	if err != nil {
		return nil, err
	}
	traces := trace.NewTracerProvider(trace.WithResource(about), trace.WithSampler(requestsBegin()), trace.WithBatcher(traceExporter{collector}))
	return &Provider{traces: traces, metrics: metrics, tracer: traces.Tracer(scope), duration: duration, share: options.Share, ignoreParent: options.IgnoreParent}, nil
}

// describe returns the attributes of this process. Those of the environment are left out if they
// are malformed.
func describe(ctx context.Context, options Options) *resource.Resource {
	// A backend must not mistake cumulative sums of two instances for those of one.
	ours := resource.WithAttributes(attribute.String("service.name", options.Service), attribute.String("service.instance.id", uuid.NewString()))
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), ours, resource.WithFromEnv())
	if err == nil {
		return about
	}
	options.Log.Warn("the setting OTEL_RESOURCE_ATTRIBUTES must be a list of name=value pairs, separated by commas; telemetry is sent without it")
	about, err = resource.New(ctx, resource.WithTelemetrySDK(), ours)
	if err != nil {
		return resource.Empty()
	}
	return about
}

// requestsBegin returns a sampler that samples every request, because Requests has already
// decided. Spans below a request follow it.
func requestsBegin() trace.Sampler {
	return trace.ParentBased(requestsOnly{}, trace.WithRemoteParentSampled(requestsOnly{}), trace.WithRemoteParentNotSampled(requestsOnly{}))
}

// requestsOnly drops calls to the vault that no request caused. Metrics report them.
type requestsOnly struct{}

func (requestsOnly) ShouldSample(p trace.SamplingParameters) trace.SamplingResult {
	if p.Kind == apitrace.SpanKindServer {
		return trace.SamplingResult{Decision: trace.RecordAndSample}
	}
	return trace.SamplingResult{Decision: trace.Drop}
}

func (requestsOnly) Description() string { return "requestsOnly" }

// Transport reports each call that base makes. It sends no trace headers to the server.
func (p *Provider) Transport(base http.RoundTripper) http.RoundTripper {
	if p == nil {
		return base
	}
	return otelhttp.NewTransport(base, otelhttp.WithTracerProvider(p.traces), otelhttp.WithMeterProvider(p.metrics), otelhttp.WithFilter(holdsNoKey),
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()))
}

// holdsNoKey reports whether a call may be reported. AI Search deletes a query key by a URL that
// holds it (Azure/azure-rest-api-specs specification/search/resource-manager, QueryKeys_Delete).
func holdsNoKey(r *http.Request) bool { return !strings.Contains(r.URL.Path, "/deleteQueryKey/") }

// Stop exports what remains, as far as ctx allows.
func (p *Provider) Stop(ctx context.Context) error {
	if p == nil {
		return nil
	}
	return errors.Join(p.traces.Shutdown(ctx), p.metrics.Shutdown(ctx))
}
