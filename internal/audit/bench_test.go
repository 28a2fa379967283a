package audit_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"rotunda/internal/audit"
)

// BenchmarkDurable compares records that share appends with one sync for each record, by 32
// callers at a time on the same disk. The goal is an order of magnitude.
func BenchmarkDurable(b *testing.B) {
	var each, shared float64
	b.Run("SyncPerRecord", func(b *testing.B) { each = perSecond(b, syncPerRecord(b)) })
	b.Run("GroupCommit", func(b *testing.B) {
		log := open(b, audit.Config{Store: folder(b, b.TempDir())})
		shared = perSecond(b, func() error { return log.Write(context.Background(), read("payments-db")) })
		closeLog(b, log)
	})
	b.Logf("group commit ÷ sync per record: %.1f", shared/each)
}

// syncPerRecord returns a write that syncs each record.
func syncPerRecord(b *testing.B) func() error {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "audit"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { file.Close() })
	line := fmt.Appendf(nil, "%0399d\n", 0) // as long as a record of the audit
	var mu sync.Mutex
	return func() error {
		mu.Lock()
		defer mu.Unlock()
		if _, err := file.Write(line); err != nil {
			return err
		}
		return file.Sync()
	}
}

func perSecond(b *testing.B, write func() error) float64 {
	b.Helper()
	const callers = 32
	var all sync.WaitGroup
	b.ResetTimer()
	for caller := range callers {
		all.Go(func() {
			for i := caller; i < b.N; i += callers {
				if err := write(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	rate := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "records/s")
	return rate
}
