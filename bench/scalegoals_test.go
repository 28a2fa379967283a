package bench_test

import (
	"slices"
	"testing"
	"time"
)

const (
	pageSize = 25
	// maxGrowth is how much more memory, in bytes, a sweep of 10,000 secrets may use than one of
	// 5,000. Their names alone would take as much.
	maxGrowth = 3e6
	// maxSweepPeak is the most memory that the whole process may use. A sweep of 1,000 ends before
	// the garbage collector first runs.
	maxSweepPeak = 48e6
)

// check checks a sweep: one call per page, one for the deleted secrets, and a message for each
// secret that needs work.
func (s scale) check(t testing.TB, got swept) {
	t.Helper()
	pages := int64((s.secrets + s.records + pageSize - 1) / pageSize)
	if got.calls["list"] != pages || got.calls["listdeleted"] != 1 || len(got.calls) != 2 {
		t.Errorf("%d secrets and %d records: calls %v, not %d pages and one of the deleted", s.secrets, s.records, got.calls, pages)
	}
	if !slices.Equal(got.names, s.waiting) {
		t.Errorf("%d secrets: %d messages, not %d", s.secrets, len(got.names), len(s.waiting))
	}
}

// A sweep requests each page once and nothing else, finds the secrets that need work, and uses no
// memory for the others.
func TestSweepAtScale(t *testing.T) {
	var peaks []float64
	for _, secrets := range []int{sweepSecrets / 10, sweepSecrets / 2, sweepSecrets} {
		vault, got := sweepFunction(t, secrets, 0)
		vault.check(t, got)
		t.Logf("%d secrets: calls %v, %d messages, %.2f s, peak %.1f MB", secrets, got.calls, len(got.names), got.seconds, got.peak/1e6)
		peaks = append(peaks, got.peak)
	}
	if growth := peaks[2] - peaks[1]; !raceEnabled && (growth > maxGrowth || peaks[2] > maxSweepPeak) {
		t.Errorf("memory grew by %.1f MB to %.1f MB", growth/1e6, peaks[2]/1e6)
	}
}

// BenchmarkSweepFunction is one sweep of 10,000 secrets by the real handler, 5 ms from the vault.
func BenchmarkSweepFunction(b *testing.B) {
	var last swept
	var seconds float64
	for range b.N {
		var s scale
		s, last = sweepFunction(b, sweepSecrets, 5*time.Millisecond)
		s.check(b, last)
		seconds += last.seconds
	}
	var calls int64
	for _, n := range last.calls {
		calls += n
	}
	b.ReportMetric(0, "ns/op") // seeding is most of it
	b.ReportMetric(seconds/float64(b.N), "s/sweep")
	b.ReportMetric(float64(calls), "calls")
	b.ReportMetric(float64(len(last.names)), "messages")
	b.ReportMetric(last.peak/1e6, "peak-MB")
}
