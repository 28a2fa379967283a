// Package gate bounds what one process asks of the vault: how many calls at once, how many a
// second, how many may wait, and next to none while the vault is away.
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
	InFlight  int // calls at once
	Waiting   int // calls that may wait for their turn; further ones are refused
	PerSecond int // sustained calls per second, and as many at once after a pause
}

// maxWait is the longest that a call waits for its turn in the vault's quota.
const maxWait = 5 * time.Second

// Gate is safe for concurrent use. Use New.
type Gate struct {
	limits  Limits
	slots   chan struct{}
	waiting atomic.Int64
	quota   quota
	breaker breaker
}

// New makes a gate that is open.
func New(limits Limits) *Gate {
	return &Gate{
		limits: limits, slots: make(chan struct{}, limits.InFlight),
		quota: quota{full: rate.Limit(limits.PerSecond), limiter: rate.NewLimiter(rate.Limit(limits.PerSecond), limits.PerSecond)},
	}
}

// Outcome is what a call tells the gate about the vault.
type Outcome int

// The outcomes that count.
const (
	Answered  Outcome = iota // the vault answered, whatever it said
	Throttled                // it answered 429
	Away                     // it could not be reached, or answered 5xx
	Abandoned                // the caller gave up: that says nothing of the vault
)

// Do lets call through when its turn has come. It fails at once with ErrVaultUnreachable while the
// vault is away, and with ErrBusy when too many wait already.
func (g *Gate) Do(ctx context.Context, call func() Outcome) error {
	if !g.breaker.allow() {
		return secret.Problemf(secret.ErrVaultUnreachable, "The vault can't be reached from the app at the moment; it is asked again every %s.", probeEvery)
	}
	if err := g.enter(ctx); err != nil {
		g.breaker.report(Abandoned)
		return err
	}
	outcome := Abandoned
	defer func() { // also when call panics
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

// tryEnter takes a slot and a share of the quota where both are free.
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

func busy(after time.Duration) error {
	problem := secret.Problemf(secret.ErrBusy, "More calls to the vault wait than the app allows. Try again after Retry-After.")
	problem.RetryAfter = strconv.Itoa(int(math.Ceil(after.Seconds())))
	return problem
}
