package telemetry

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	apimetric "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
)

// bounds of the histogram in seconds: OpenTelemetry's for HTTP servers, and finer ones below, where
// answers from memory are.
var bounds = []float64{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

func newDuration(provider *metric.MeterProvider) (apimetric.Float64Histogram, error) {
	return provider.Meter(scope).Float64Histogram("http.server.request.duration",
		apimetric.WithUnit("s"), apimetric.WithDescription("Duration of HTTP server requests."), apimetric.WithExplicitBucketBoundaries(bounds...))
}

func newMeterProvider(about *resource.Resource, collector *collector) *metric.MeterProvider {
	none := metric.Stream{Aggregation: metric.AggregationDrop{}}
	return metric.NewMeterProvider(
		metric.WithResource(about), metric.WithReader(metric.NewPeriodicReader(metricExporter{collector})),
		metric.WithExemplarFilter(exemplar.AlwaysOffFilter), metric.WithView(metric.NewView(metric.Instrument{Name: "http.client.request.body.size"}, none)))
}

// metricExporter sends histograms, which is all that the app has.
type metricExporter struct{ *collector }

func (metricExporter) Temporality(metric.InstrumentKind) metricdata.Temporality {
	return metricdata.CumulativeTemporality // an export that failed is made good by the next
}

func (metricExporter) Aggregation(kind metric.InstrumentKind) metric.Aggregation {
	return metric.DefaultAggregationSelector(kind)
}

func (metricExporter) ForceFlush(context.Context) error { return nil }

func (e metricExporter) Shutdown(ctx context.Context) error { return e.Stop(ctx) }

func (e metricExporter) Export(ctx context.Context, found *metricdata.ResourceMetrics) error {
	resource := &metricspb.ResourceMetrics{
		Resource: &resourcepb.Resource{Attributes: attributes(found.Resource.Iter())}, SchemaUrl: found.Resource.SchemaURL(),
	}
	for _, scope := range found.ScopeMetrics {
		metrics := &metricspb.ScopeMetrics{Scope: &commonpb.InstrumentationScope{Name: scope.Scope.Name, Version: scope.Scope.Version}, SchemaUrl: scope.Scope.SchemaURL}
		for _, one := range scope.Metrics {
			histogram, ok := one.Data.(metricdata.Histogram[float64])
			if !ok {
				return fmt.Errorf("metric %s is %T, not a histogram", one.Name, one.Data)
			}
			metrics.Metrics = append(metrics.Metrics, &metricspb.Metric{
				Name: one.Name, Description: one.Description, Unit: one.Unit, Data: &metricspb.Metric_Histogram{Histogram: points(histogram)},
			})
		}
		resource.ScopeMetrics = append(resource.ScopeMetrics, metrics)
	}
	return e.send(ctx, "/v1/metrics", &metricspb.MetricsData{ResourceMetrics: []*metricspb.ResourceMetrics{resource}})
}

func points(histogram metricdata.Histogram[float64]) *metricspb.Histogram {
	found := &metricspb.Histogram{AggregationTemporality: metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE}
	for _, point := range histogram.DataPoints {
		found.DataPoints = append(found.DataPoints, &metricspb.HistogramDataPoint{
			Attributes: attributes(point.Attributes.Iter()), StartTimeUnixNano: nanoseconds(point.StartTime), TimeUnixNano: nanoseconds(point.Time),
			Count: point.Count, Sum: &point.Sum, BucketCounts: point.BucketCounts, ExplicitBounds: point.Bounds,
		})
	}
	return found
}

func nanoseconds(at time.Time) uint64 { return uint64(max(0, at.UnixNano())) }

func attributes(all attribute.Iterator) []*commonpb.KeyValue {
	var found []*commonpb.KeyValue
	for all.Next() {
		one := all.Attribute()
		found = append(found, &commonpb.KeyValue{Key: string(one.Key), Value: value(one.Value)})
	}
	return found
}

func value(v attribute.Value) *commonpb.AnyValue {
	if v.Type() == attribute.INT64 {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: v.AsInt64()}}
	}
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: v.String()}}
}
