package bench_test

import (
	"slices"
	"testing"
	"time"

	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

// BenchmarkStart measures the time from exec to the first response to GET /, interleaved with an
// empty net/http program. The ratio of the medians is what counts.
func BenchmarkStart(b *testing.B) {
	azure := wiretest.StartAzure(b, wiretest.Options{})
	handler, empty := handlerProgram(b, azure), goProgram(b, "empty")
	var floor, ours []time.Duration
	for b.Loop() {
		floor, ours = append(floor, empty.firstAnswer(b)), append(ours, handler.firstAnswer(b))
	}
	report(b, "ms", median(floor), median(ours))
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// report reports the floor, ours and their ratio instead of ns/op, which mixes them.
func report(b *testing.B, unit string, floor, ours time.Duration) {
	b.Helper()
	scale := map[string]float64{"ms": float64(time.Millisecond), "µs": float64(time.Microsecond)}[unit]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(floor)/scale, unit+"-floor")
	b.ReportMetric(float64(ours)/scale, unit+"-ours")
	b.ReportMetric(float64(ours)/float64(floor), "ratio")
	b.Logf("floor %v, ours %v, ratio %.2f", floor, ours, float64(ours)/float64(floor))
}
