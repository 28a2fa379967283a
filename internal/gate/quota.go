package gate

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// quota is a token bucket that the vault's 429 halves, and that grows back to full in a minute
// without one.
type quota struct {
	full    rate.Limit
	limiter *rate.Limiter

	mu     sync.Mutex
	halved time.Time  // the last time
	low    rate.Limit // the limit right after that
}

const (
	growBack = time.Minute
	// once per window: a hundred calls that were under way together are one reason to halve, not a hundred.
	halveEvery = time.Second
)

func (q *quota) allow() bool {
	q.grow()
	return q.limiter.Allow()
}

// wait takes its turn, unless that is over maxWait away.
func (q *quota) wait(ctx context.Context) error {
	turn := q.limiter.Reserve()
	delay := turn.Delay()
	if delay > maxWait {
		turn.Cancel()
		return busy(delay)
	}
	select {
	case <-time.After(delay):
		return nil
	case <-ctx.Done():
		turn.Cancel()
		return ctx.Err()
	}
}

func (q *quota) halve() {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if now.Sub(q.halved) < halveEvery {
		return
	}
	q.halved, q.low = now, max(q.limiter.Limit()/2, 1)
	q.limiter.SetLimit(q.low)
}

func (q *quota) grow() {
	if q.limiter.Limit() >= q.full {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	share := min(1, float64(time.Since(q.halved))/float64(growBack))
	q.limiter.SetLimit(q.low + rate.Limit(share)*(q.full-q.low))
}
