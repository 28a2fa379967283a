// Package gate limits the calls of one process to the vault: how many run at once, how many
// start per second, and how many may wait. Callers get their turns one after the other, so that
// none can crowd out the others. While the vault is away, the gate refuses almost all calls.
package gate

import (
	"context"
	"math"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rotunda/internal/fair"
	"rotunda/internal/secret"
)

// Limits of a Gate.
type Limits struct {
	InFlight  int // calls that run at once
	Waiting   int // calls that may wait for their turn, half of them for one caller
	PerSecond int // calls per second, sustained; after a pause, as many may start at once
}

// maxWait bounds how long a call waits for its turn in the vault's quota.
const maxWait = 5 * time.Second

// Gate is safe for concurrent use. Use New.
type Gate struct {
	limits  Limits
	quota   quota
	breaker breaker

	mu      sync.Mutex
	running int
	queue   fair.Queue
	waking  bool // a timer will call advance
}

// New returns a gate that has seen no failure yet.
func New(limits Limits) *Gate {
	return &Gate{
		limits: limits,
		quota:  quota{full: rate.Limit(limits.PerSecond), limiter: rate.NewLimiter(rate.Limit(limits.PerSecond), limits.PerSecond)},
		queue:  fair.NewQueue(limits.Waiting),
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

// Do waits for its turn and then runs call, which is about a name. Turns are shared among the
// callers, by secret.CallerFrom, and without one among the names. Do fails at once with
// ErrVaultUnreachable while the vault is away, and with ErrBusy if too many calls are waiting.
func (g *Gate) Do(ctx context.Context, name string, call func() Outcome) error {
	if !g.breaker.allow() {
		return secret.Problemf(secret.ErrVaultUnreachable, "The app can't reach the vault at the moment. It tries again every %s.", probeEvery)
	}
	if err := g.enter(ctx, fair.ShareOf(ctx, name)); err != nil {
		g.breaker.report(Abandoned)
		return err
	}
	outcome := Abandoned
	defer func() { // even if call panics
		g.exit()
		g.breaker.report(outcome)
	}()
	if outcome = call(); outcome == Throttled {
		g.quota.halve()
	}
	return nil
}

// enter takes a slot and a share of the quota, or waits for them.
func (g *Gate) enter(ctx context.Context, of fair.Share) error {
	w, err := g.enterOrJoin(of)
	if w == nil {
		return err
	}
	select {
	case <-w.Turn:
		return nil
	case <-ctx.Done():
		g.leave(w)
		return ctx.Err()
	}
}

// enterOrJoin returns nil and no error if the call may run at once.
func (g *Gate) enterOrJoin(of fair.Share) (*fair.Waiter, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.queue.Len() == 0 && g.running < g.limits.InFlight && g.quota.allow() {
		g.running++
		return nil, nil
	}
	if !g.queue.HasPlace(of) {
		return nil, busy(time.Second)
	}
	if delay := g.quota.after(g.queue.Ahead(of)); delay > maxWait {
		return nil, busy(delay)
	}
	w := g.queue.Join(of)
	g.advance()
	return w, nil
}

// advance gives turns to waiting calls while there are slots and quota. The caller holds the
// mutex.
func (g *Gate) advance() {
	for g.queue.Len() > 0 && g.running < g.limits.InFlight {
		if !g.quota.allow() {
			g.wake(g.quota.after(0))
			return
		}
		g.running++
		g.queue.Next()
	}
}

// wake calls advance after a delay. The caller holds the mutex. A panic on the timer's goroutine
// would end the process; after one, the next call to end or begin calls advance.
func (g *Gate) wake(delay time.Duration) {
	if g.waking {
		return
	}
	g.waking = true
	time.AfterFunc(max(delay, time.Millisecond), func() {
		defer func() { _ = recover() }()
		g.mu.Lock()
		defer g.mu.Unlock()
		g.waking = false
		g.advance()
	})
}

// leave gives up waiting. If the turn has come at the same moment, it goes to the next call.
func (g *Gate) leave(w *fair.Waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.queue.Leave(w) {
		g.running--
		g.advance()
	}
}

func (g *Gate) exit() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running--
	g.advance()
}

// busy returns the refusal of a call that may be repeated after a time.
func busy(after time.Duration) error {
	problem := secret.Problemf(secret.ErrBusy, "Too many calls to the vault are waiting. Try again after the time in Retry-After.")
	problem.RetryAfter = strconv.Itoa(int(math.Ceil(after.Seconds())))
	return problem
}
