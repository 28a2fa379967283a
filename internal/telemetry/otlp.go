package telemetry

import (
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
)

// These types are the part of OTLP's JSON that the app uses (opentelemetry-proto
// docs/specification.md, JSON Protobuf Encoding: ids in hexadecimal, 64-bit numbers as text, enums
// as numbers). The official exporters support only protobuf, whose packages would slow every
// start, even without telemetry.

type keyValue struct {
	Key   string   `json:"key"`
	Value anyValue `json:"value"`
}

type anyValue struct {
	String *string `json:"stringValue,omitempty"`
	Int    *int64  `json:"intValue,omitempty,string"`
}

type resourceOf struct {
	Attributes []keyValue `json:"attributes"`
}

type scopeOf struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

func resourceFrom(about *resource.Resource) resourceOf {
	return resourceOf{keyValues(about.Attributes())}
}

func keyValues(all []attribute.KeyValue) []keyValue {
	found := make([]keyValue, 0, len(all))
	for _, one := range all {
		found = append(found, keyValue{string(one.Key), value(one.Value)})
	}
	return found
}

// value encodes integers as such, and any other kind as text.
func value(v attribute.Value) anyValue {
	if v.Type() == attribute.INT64 {
		return anyValue{Int: new(v.AsInt64())}
	}
	return anyValue{String: new(v.String())}
}

// nanoseconds returns the nanoseconds since 1970 as text.
func nanoseconds(at time.Time) string { return strconv.FormatInt(at.UnixNano(), 10) }
