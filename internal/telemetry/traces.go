package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
)

// traceExporter sends spans. The app's spans have no events or links, and their status has no
// text, which could quote a value.
type traceExporter struct{ *collector }

type tracesData struct {
	ResourceSpans []resourceSpans `json:"resourceSpans"`
}

type resourceSpans struct {
	Resource   resourceOf   `json:"resource"`
	ScopeSpans []scopeSpans `json:"scopeSpans"`
}

type scopeSpans struct {
	Scope scopeOf `json:"scope"`
	Spans []span  `json:"spans"`
}

type span struct {
	TraceID      string     `json:"traceId"`
	SpanID       string     `json:"spanId"`
	ParentSpanID string     `json:"parentSpanId,omitempty"`
	Flags        uint32     `json:"flags"`
	Name         string     `json:"name"`
	Kind         int        `json:"kind"`
	Start        string     `json:"startTimeUnixNano"`
	End          string     `json:"endTimeUnixNano"`
	Attributes   []keyValue `json:"attributes"`
	Status       status     `json:"status"`
}

type status struct {
	Code int `json:"code,omitempty"`
}

func (e traceExporter) ExportSpans(ctx context.Context, all []trace.ReadOnlySpan) error {
	if len(all) == 0 {
		return nil
	}
	return e.send(ctx, "/v1/traces", func() (any, error) { return tracesFrom(all), nil })
}

func tracesFrom(all []trace.ReadOnlySpan) tracesData {
	sent := resourceSpans{Resource: resourceFrom(all[0].Resource())}
	for _, one := range all {
		scope := scopeOf{one.InstrumentationScope().Name, one.InstrumentationScope().Version}
		if last := len(sent.ScopeSpans) - 1; last >= 0 && sent.ScopeSpans[last].Scope == scope {
			sent.ScopeSpans[last].Spans = append(sent.ScopeSpans[last].Spans, spanFrom(one))
		} else {
			sent.ScopeSpans = append(sent.ScopeSpans, scopeSpans{scope, []span{spanFrom(one)}})
		}
	}
	return tracesData{[]resourceSpans{sent}}
}

func spanFrom(s trace.ReadOnlySpan) span {
	found := span{
		TraceID: s.SpanContext().TraceID().String(), SpanID: s.SpanContext().SpanID().String(), Flags: uint32(s.SpanContext().TraceFlags()),
		Name: s.Name(), Kind: int(s.SpanKind()), // 1 internal, 2 server, 3 client, as in the protocol
		Start: nanoseconds(s.StartTime()), End: nanoseconds(s.EndTime()), Attributes: keyValues(s.Attributes()),
	}
	if s.Parent().HasSpanID() {
		found.ParentSpanID = s.Parent().SpanID().String()
	}
	if s.Status().Code == codes.Error {
		found.Status.Code = 2 // STATUS_CODE_ERROR
	}
	return found
}
