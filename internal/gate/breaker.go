package gate

import (
	"sync"
	"time"
)

const (
	// tripAfter failures in a row keep further calls away from the vault.
	tripAfter = 5
	// probeEvery is how often one call goes through all the same, to see whether the vault is back.
	probeEvery = 500 * time.Millisecond
)

// breaker keeps calls from piling up before a vault that is away.
type breaker struct {
	mu       sync.Mutex
	failures int // in a row
	probedAt time.Time
}

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
