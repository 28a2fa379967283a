package gate

import (
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/fair"
)

// A panic when the timer gives turns does not end the process, and the gate goes on.
func TestAPanicOfTheTimerEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{InFlight: 1, Waiting: 2, PerSecond: 1})
		right := g.quota.limiter
		g.quota.limiter = nil // whose use panics
		g.mu.Lock()
		waiter := g.queue.Join(fair.ShareOf(t.Context(), "a"))
		g.wake(time.Second)
		g.mu.Unlock()
		time.Sleep(2 * time.Second)
		g.mu.Lock()
		g.quota.limiter = right
		g.wake(time.Second)
		g.mu.Unlock()
		time.Sleep(2 * time.Second)
		select {
		case <-waiter.Turn:
		default:
			t.Error("nobody gets a turn")
		}
	})
}
