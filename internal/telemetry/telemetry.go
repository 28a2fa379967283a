// Package telemetry tells a collector of requests and of calls to the vault, by OpenTelemetry. A nil
// *Provider and what it gives do nothing. Neither values nor queries, headers or bodies are told.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

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

// Options of Start.
type Options struct {
	Endpoint string            // of a collector that speaks OTLP over HTTP; /v1/traces and /v1/metrics are below it
	Headers  map[string]string // sent with each export, such as an API key
	Service  string            // service.name, where OTEL_SERVICE_NAME says nothing
	Share    float64           // of requests without a traceparent that are traced, from 0 to 1
	Log      *slog.Logger

	IgnoreParent bool // the share is of all requests
}

// Provider collects and exports until Stop.
type Provider struct {
	traces   *trace.TracerProvider
	metrics  *metric.MeterProvider
	tracer   apitrace.Tracer
	duration apimetric.Float64Histogram
	share    float64
	alone    bool // whatever the parent says
}

// Start begins to export in the background. It does not call the collector.
func Start(ctx context.Context, options Options) (*Provider, error) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { options.Log.Debug("telemetry", "error", err.Error()) }))
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		// Cumulative sums of two instances must not be taken for one's.
		attribute.String("service.name", options.Service), attribute.String("service.instance.id", uuid.NewString())),
		resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	collector := newCollector(options)
	metrics := newMeterProvider(about, collector)
	duration, err := newDuration(metrics)
	traces := trace.NewTracerProvider(trace.WithResource(about), trace.WithSampler(requestsBegin()), trace.WithBatcher(traceExporter{collector}))
	return &Provider{traces: traces, metrics: metrics, tracer: traces.Tracer(scope), duration: duration, share: options.Share, alone: options.IgnoreParent}, err
}

// requestsBegin samples a request, whatever the caller's parent says: Requests has decided by then. The spans below go by theirs.
func requestsBegin() trace.Sampler {
	return trace.ParentBased(requestsOnly{}, trace.WithRemoteParentSampled(requestsOnly{}), trace.WithRemoteParentNotSampled(requestsOnly{}))
}

// requestsOnly drops calls to the vault without a request: metrics tell of them.
type requestsOnly struct{}

func (requestsOnly) ShouldSample(p trace.SamplingParameters) trace.SamplingResult {
	if p.Kind == apitrace.SpanKindServer {
		return trace.SamplingResult{Decision: trace.RecordAndSample}
	}
	return trace.SamplingResult{Decision: trace.Drop}
}

func (requestsOnly) Description() string { return "requestsOnly" }

// Transport tells of each call that base makes. The other side is told nothing.
func (p *Provider) Transport(base http.RoundTripper) http.RoundTripper {
	if p == nil {
		return base
	}
	return otelhttp.NewTransport(base, otelhttp.WithTracerProvider(p.traces), otelhttp.WithMeterProvider(p.metrics),
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()))
}

// Stop exports what is left, as far as ctx allows.
func (p *Provider) Stop(ctx context.Context) error {
	if p == nil {
		return nil
	}
	return errors.Join(p.traces.Shutdown(ctx), p.metrics.Shutdown(ctx))
}
