package telemetry

import (
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// isUnsampled, which checks only a part of a traceparent, must never drop a trace that a full
// parser would continue.
func FuzzTraceparent(f *testing.F) {
	for _, seed := range []string{
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0a", "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
		"00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "", "00", "00-00000000000000000000000000000000-0000000000000000-01",
	} {
		f.Add(seed)
	}
	if !isUnsampled("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00") {
		f.Error("the usual traceparent is not recognised")
	}
	f.Fuzz(func(t *testing.T, traceparent string) {
		ctx := propagation.TraceContext{}.Extract(t.Context(), propagation.MapCarrier{"traceparent": traceparent})
		parent := trace.SpanContextFromContext(ctx)
		if parent.IsSampled() && isUnsampled(traceparent) {
			t.Errorf("%q is sampled, but isUnsampled reports that it is not", traceparent)
		}
	})
}
