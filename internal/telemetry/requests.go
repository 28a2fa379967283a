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

// Requests reports the requests of one route.
type Requests struct {
	provider *Provider
	route    string
	usual    []metric.RecordOption // of a successful GET, which thus costs no allocation
}

// Requests returns the Requests of a route, given as its template and never as a caller sent it.
func (p *Provider) Requests(route string) *Requests {
	if p == nil {
		return nil
	}
	q := &Requests{provider: p, route: route}
	q.usual = q.options(http.MethodGet, http.StatusOK)
	return q
}

// Begin returns the request to pass to the function, and its span, or nil if the request is not
// traced.
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

// parent reports whether a request is traced: if its traceparent says so, and otherwise for the
// share of requests. A traceparent that says no does not settle it, because the Functions host
// adds one to each request that has none. It drops a tracestate, which is arbitrary text from the
// caller.
func (q *Requests) parent(r *http.Request) (_ context.Context, traced bool) {
	ctx, sent := r.Context(), r.Header["Traceparent"]
	if len(sent) != 1 {
		return ctx, q.chosen()
	}
	if q.provider.ignoreParent && !q.chosen() || !q.provider.ignoreParent && isUnsampled(sent[0]) && !q.choosesID(sent[0]) {
		return ctx, false // the usual case, without parsing it all
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": sent[0]})
	parent := trace.SpanContextFromContext(ctx)
	switch {
	case q.provider.ignoreParent:
		return ctx, true
	case !parent.IsValid():
		return ctx, q.chosen()
	}
	return ctx, parent.IsSampled() || q.choosesID(sent[0])
}

func (q *Requests) chosen() bool { return rand.Float64() < q.provider.share } //nolint:gosec // not a secret

// choosesID reports whether a trace is in the share, by its id, so that all servers with the same
// share trace the same requests (open-telemetry/opentelemetry-go sdk/trace/sampling.go,
// TraceIDRatioBased).
func (q *Requests) choosesID(traceparent string) bool {
	const from, to = 19, 35 // the second half of the trace id
	if len(traceparent) < to {
		return q.chosen()
	}
	id, err := strconv.ParseUint(traceparent[from:to], 16, 64)
	if err != nil {
		return q.chosen()
	}
	return id>>1 < uint64(q.provider.share*(1<<63))
}

// isUnsampled reports whether the flags of a traceparent say that it is not sampled:
// 00-<32 hex digits>-<16 hex digits>-00 (W3C Trace Context).
func isUnsampled(traceparent string) bool {
	const flags = 52
	return len(traceparent) >= flags+3 && traceparent[flags:flags+3] == "-00"
}

// End reports the request. The name is a secret's, or "".
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

// target returns the attributes that OpenTelemetry's conventions for HTTP define for a request,
// and outcome those for a response (open-telemetry/semantic-conventions
// docs/http/http-metrics.md).
func (q *Requests) target(method string) []attribute.KeyValue {
	requestMethod := attribute.String("http.request.method", method)
	if q.route == "" {
		return []attribute.KeyValue{requestMethod}
	}
	return []attribute.KeyValue{requestMethod, attribute.String("http.route", q.route)}
}

func outcome(status int) []attribute.KeyValue {
	code := attribute.Int("http.response.status_code", status)
	if status < http.StatusInternalServerError {
		return []attribute.KeyValue{code}
	}
	return []attribute.KeyValue{code, attribute.String("error.type", strconv.Itoa(status))}
}
