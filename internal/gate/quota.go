package gate

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// quota is a token bucket. Each 429 of the vault halves its rate, which grows back within a
// minute without one.
type quota struct {
	full    rate.Limit
	limiter *rate.Limiter

	mu     sync.Mutex
	halved time.Time  // when the rate was last halved
	low    rate.Limit // the rate right after that
}

const (
	// growBack is how long the rate takes to grow back after it was halved.
	growBack = time.Minute
	// halveEvery is the shortest time between two halvings: a hundred concurrent calls that are
	// all throttled count once.
	halveEvery = time.Second
)

// allow reports whether a call may start now, and counts it.
func (q *quota) allow() bool {
	q.grow()
	return q.limiter.Allow()
}

// after returns how long a call must wait before which others have their turns.
func (q *quota) after(others int) time.Duration {
	missing := float64(others) + 1 - q.limiter.Tokens()
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing / float64(q.limiter.Limit()) * float64(time.Second))
}

// halve reacts to a 429.
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

// grow raises a rate that was halved.
func (q *quota) grow() {
	if q.limiter.Limit() >= q.full {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	share := min(1, float64(time.Since(q.halved))/float64(growBack))
	q.limiter.SetLimit(q.low + rate.Limit(share)*(q.full-q.low))
}
