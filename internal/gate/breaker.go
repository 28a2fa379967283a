package gate

import (
	"sync"
	"time"
)

const (
	// tripAfter is how many failures in a row stop further calls.
	tripAfter = 5
	// probeEvery is how often one call still goes through, to check whether the vault is back.
	probeEvery = 500 * time.Millisecond
)

// breaker refuses calls while the vault is away, so that they do not pile up.
type breaker struct {
	mu       sync.Mutex
	failures int // in a row
	probedAt time.Time
}

// allow reports whether a call may go through.
func (b *breaker) allow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < tripAfter {
		return true
	}
	if time.Since(b.probedAt) < probeEvery {
		return false
	}
	b.probedAt = time.Now()
	return true
}

// report records the outcome of a call.
func (b *breaker) report(outcome Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch outcome {
	case Answered, Throttled:
		b.failures = 0
	case Away:
		if b.failures++; b.failures == tripAfter {
			b.probedAt = time.Now()
		}
	case Abandoned:
	}
}
