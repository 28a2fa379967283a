package telemetry

import (
	"context"
	"fmt"
	"strconv"

	apimetric "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
)

// bounds are the histogram's, in seconds: OpenTelemetry's for HTTP servers, and lower ones for
// responses from the cache.
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

// metricExporter sends histograms, the only kind of metric that the app has.
type metricExporter struct{ *collector }

func (metricExporter) Temporality(metric.InstrumentKind) metricdata.Temporality {
	return metricdata.CumulativeTemporality // the next export makes up for one that failed
}

func (metricExporter) Aggregation(kind metric.InstrumentKind) metric.Aggregation {
	return metric.DefaultAggregationSelector(kind)
}

func (metricExporter) ForceFlush(context.Context) error { return nil }

type metricsData struct {
	ResourceMetrics []resourceMetrics `json:"resourceMetrics"`
}

type resourceMetrics struct {
	Resource     resourceOf     `json:"resource"`
	ScopeMetrics []scopeMetrics `json:"scopeMetrics"`
}

type scopeMetrics struct {
	Scope   scopeOf       `json:"scope"`
	Metrics []metricOfOne `json:"metrics"`
}

type metricOfOne struct {
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Unit        string    `json:"unit"`
	Histogram   histogram `json:"histogram"`
}

type histogram struct {
	Temporality int     `json:"aggregationTemporality"`
	Points      []point `json:"dataPoints"`
}

type point struct {
	Attributes []keyValue `json:"attributes"`
	Start      string     `json:"startTimeUnixNano"`
	At         string     `json:"timeUnixNano"`
	Count      uint64     `json:"count,string"`
	Sum        float64    `json:"sum"`
	Counts     []string   `json:"bucketCounts"`
	Bounds     []float64  `json:"explicitBounds"`
}

func (e metricExporter) Export(ctx context.Context, found *metricdata.ResourceMetrics) error {
	return e.send(ctx, "/v1/metrics", func() (any, error) { return metricsFrom(found) })
}

func metricsFrom(found *metricdata.ResourceMetrics) (any, error) {
	sent := resourceMetrics{Resource: resourceFrom(found.Resource)}
	for _, scope := range found.ScopeMetrics {
		metrics := scopeMetrics{Scope: scopeOf{scope.Scope.Name, scope.Scope.Version}}
		for _, one := range scope.Metrics {
			data, ok := one.Data.(metricdata.Histogram[float64])
			if !ok {
				return nil, fmt.Errorf("metric %s is %T, not a histogram", one.Name, one.Data)
			}
			metrics.Metrics = append(metrics.Metrics, metricOfOne{one.Name, one.Description, one.Unit, histogramFrom(data)})
		}
		sent.ScopeMetrics = append(sent.ScopeMetrics, metrics)
	}
	return metricsData{[]resourceMetrics{sent}}, nil
}

func histogramFrom(data metricdata.Histogram[float64]) histogram {
	found := histogram{Temporality: 2} // AGGREGATION_TEMPORALITY_CUMULATIVE
	for _, one := range data.DataPoints {
		counts := make([]string, 0, len(one.BucketCounts))
		for _, count := range one.BucketCounts {
			counts = append(counts, strconv.FormatUint(count, 10))
		}
		found.Points = append(found.Points, point{
			keyValues(one.Attributes.ToSlice()), nanoseconds(one.StartTime), nanoseconds(one.Time), one.Count, one.Sum, counts, one.Bounds,
		})
	}
	return found
}
