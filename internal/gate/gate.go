// Package gate limits the calls of one process to the vault: how many run at once, how many
// start per second, and how many may wait. While the vault is away, it refuses almost all of
// them.
package gate

import (
	"context"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"rotunda/internal/secret"
)

// Limits of a Gate.
type Limits struct {
	InFlight  int // calls that run at once
	Waiting   int // calls that may wait for their turn; further calls are refused
	PerSecond int // calls per second, sustained; after a pause, as many may start at once
}

// maxWait bounds how long a call waits for its turn in the vault's quota.
const maxWait = 5 * time.Second

// Gate is safe for concurrent use. Use New.
type Gate struct {
	limits  Limits
	slots   chan struct{}
	waiting atomic.Int64
	quota   quota
	breaker breaker
}

// New returns a gate that has seen no failure yet.
func New(limits Limits) *Gate {
	return &Gate{
		limits: limits, slots: make(chan struct{}, limits.InFlight),
		quota: quota{full: rate.Limit(limits.PerSecond), limiter: rate.NewLimiter(rate.Limit(limits.PerSecond), limits.PerSecond)},
	}
}

// Outcome is what a call says about the vault.
type Outcome int

// The outcomes.
const (
	Answered  Outcome = iota // the vault answered, with any other status
	Throttled                // the vault answered 429
	Away                     // the vault could not be reached, or answered 5xx
	Abandoned                // the caller gave up, which says nothing about the vault
)

// Do waits for its turn and then runs call. It fails at once with ErrVaultUnreachable while the
// vault is away, and with ErrBusy if too many calls are waiting.
func (g *Gate) Do(ctx context.Context, call func() Outcome) error {
	if !g.breaker.allow() {
		return secret.Problemf(secret.ErrVaultUnreachable, "The app can't reach the vault at the moment. It tries again every %s.", probeEvery)
	}
	if err := g.enter(ctx); err != nil {
		g.breaker.report(Abandoned)
		return err
	}
	outcome := Abandoned
	defer func() { // even if call panics
		<-g.slots
		g.breaker.report(outcome)
	}()
	if outcome = call(); outcome == Throttled {
		g.quota.halve()
	}
	return nil
}

// enter waits for the quota and then for a slot.
func (g *Gate) enter(ctx context.Context) error {
	if g.tryEnter() {
		return nil
	}
	if g.waiting.Add(1) > int64(g.limits.Waiting) {
		g.waiting.Add(-1)
		return busy(time.Second)
	}
	defer g.waiting.Add(-1)
	if err := g.quota.wait(ctx); err != nil {
		return err
	}
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tryEnter takes a slot and a share of the quota if both are free.
func (g *Gate) tryEnter() bool {
	select {
	case g.slots <- struct{}{}:
	default:
		return false
	}
	if g.quota.allow() {
		return true
	}
	<-g.slots
	return false
}

// busy returns the refusal of a call that may be repeated after a time.
func busy(after time.Duration) error {
	problem := secret.Problemf(secret.ErrBusy, "Too many calls to the vault are waiting. Try again after the time in Retry-After.")
	problem.RetryAfter = strconv.Itoa(int(math.Ceil(after.Seconds())))
	return problem
}
