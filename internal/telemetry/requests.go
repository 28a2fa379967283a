package telemetry

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Requests tells of the requests of one route.
type Requests struct {
	provider *Provider
	route    string
	usual    []metric.RecordOption // a GET that went well costs no allocation
}

// Requests makes one. The route is its template, never what a caller sent.
func (p *Provider) Requests(route string) *Requests {
	if p == nil {
		return nil
	}
	q := &Requests{provider: p, route: route}
	q.usual = q.options(http.MethodGet, http.StatusOK)
	return q
}

// Begin gives the request that the function is to serve, with a span where it is traced, or else nil.
func (q *Requests) Begin(r *http.Request, method string) (*http.Request, trace.Span) {
	if q == nil {
		return r, nil
	}
	ctx, traced := q.parent(r)
	if !traced {
		return r, nil
	}
	name := strings.TrimSpace(method + " " + q.route)
	ctx, span := q.provider.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(q.target(method)...))
	return r.WithContext(ctx), span
}

// parent tells whether a request is traced: as its traceparent says, and else by chance. The usual
// one comes first, a traceparent that says no. A tracestate is dropped: it is any text of a caller's.
func (q *Requests) parent(r *http.Request) (_ context.Context, traced bool) {
	ctx, sent := r.Context(), r.Header["Traceparent"]
	if len(sent) != 1 {
		return ctx, q.chance()
	}
	if q.provider.alone && !q.chance() || !q.provider.alone && isUnsampled(sent[0]) {
		return ctx, false
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": sent[0]})
	if parent := trace.SpanContextFromContext(ctx); !q.provider.alone && parent.IsValid() {
		return ctx, parent.IsSampled()
	}
	return ctx, q.provider.alone || q.chance()
}

func (q *Requests) chance() bool { return rand.Float64() < q.provider.share } //nolint:gosec // no secret

// isUnsampled knows the usual one by its flags: 00-<32 hex digits>-<16 hex digits>-00 (W3C Trace Context).
func isUnsampled(traceparent string) bool {
	const flags = 52
	return len(traceparent) >= flags+3 && traceparent[flags:flags+3] == "-00"
}

// End tells of the request. The name is that of a secret, or "".
func (q *Requests) End(span trace.Span, method string, status int, name string, took time.Duration) {
	if q == nil {
		return
	}
	options := q.usual
	if method != http.MethodGet || status != http.StatusOK {
		options = q.options(method, status)
	}
	q.provider.duration.Record(context.Background(), took.Seconds(), options...)
	if span == nil {
		return
	}
	span.SetAttributes(outcome(status)...)
	if name != "" {
		span.SetAttributes(attribute.String("rotunda.secret", name))
	}
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

func (q *Requests) options(method string, status int) []metric.RecordOption {
	return []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(append(q.target(method), outcome(status)...)...))}
}

// target is what OpenTelemetry's conventions for HTTP say of a request, and outcome of its answer
// (open-telemetry/semantic-conventions docs/http/http-metrics.md).
func (q *Requests) target(method string) []attribute.KeyValue {
	asked := attribute.String("http.request.method", method)
	if q.route == "" {
		return []attribute.KeyValue{asked}
	}
	return []attribute.KeyValue{asked, attribute.String("http.route", q.route)}
}

func outcome(status int) []attribute.KeyValue {
	code := attribute.Int("http.response.status_code", status)
	if status < http.StatusInternalServerError {
		return []attribute.KeyValue{code}
	}
	return []attribute.KeyValue{code, attribute.String("error.type", strconv.Itoa(status))}
}
