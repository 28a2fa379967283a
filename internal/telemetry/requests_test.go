package telemetry

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// One in a hundred of the requests that the Functions host marks as not sampled is traced, always
// the same ones.
func TestTheShareIsTakenByTraceID(t *testing.T) {
	q := &Requests{provider: &Provider{share: 0.01}}
	source := rand.New(rand.NewPCG(1, 2))
	const all = 100_000
	traced := 0
	for range all {
		traceparent := fmt.Sprintf("00-%016x%016x-b7ad6b7169203331-00", source.Uint64(), source.Uint64())
		r := &http.Request{Header: http.Header{"Traceparent": {traceparent}}}
		_, yes := q.parent(r)
		if _, again := q.parent(r); again != yes {
			t.Fatalf("%s: %t, then %t", traceparent, yes, again)
		}
		if yes {
			traced++
		}
	}
	if traced < all/100*9/10 || traced > all/100*11/10 {
		t.Errorf("%d of %d are traced, want 1 in 100", traced, all)
	}
}

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
