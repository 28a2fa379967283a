// Package callrate limits how often each caller may call, so that one can't starve the others at
// the vault.
package callrate

import (
	"math"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rotunda/internal/secret"
)

// maxCallers bounds the table. When it is full, callers that have their whole allowance are
// forgotten, which changes nothing for them, and if there are none, all are.
const maxCallers = 10_000

// Limits limits each caller on its own. Use New.
type Limits struct {
	perSecond int

	mu      sync.Mutex
	callers map[secret.Caller]*rate.Limiter
}

// New returns Limits that allow each caller so many calls per second, and as many at once after a
// pause.
func New(perSecond int) *Limits {
	return &Limits{perSecond: perSecond, callers: map[secret.Caller]*rate.Limiter{}}
}

// Check returns an error if the caller has to wait before its next call. The error is in Key
// Vault's words (vcsjones/AzureSignTool#219).
func (l *Limits) Check(caller secret.Caller) error {
	turn := l.of(caller).Reserve()
	wait := turn.Delay()
	if wait == 0 {
		return nil
	}
	turn.Cancel()
	problem := secret.Problemf(secret.ErrThrottled,
		"Request was not processed because too many requests were received. Reason: CallerLimitReached. A caller may send %d requests per second.", l.perSecond)
	problem.RetryAfter = strconv.Itoa(int(math.Ceil(wait.Seconds())))
	return problem
}

// Charge counts further calls that a request stands for. They are made, and the caller has to wait
// the longer before its next request.
func (l *Limits) Charge(caller secret.Caller, calls int) {
	for now := time.Now(); calls > 0; calls -= l.perSecond {
		l.of(caller).ReserveN(now, min(calls, l.perSecond))
	}
}

func (l *Limits) of(caller secret.Caller) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.callers[caller]
	if found == nil {
		if len(l.callers) >= maxCallers {
			l.forget()
		}
		found = rate.NewLimiter(rate.Limit(l.perSecond), l.perSecond)
		l.callers[caller] = found
	}
	return found
}

func (l *Limits) forget() {
	now := time.Now()
	for caller, limiter := range l.callers {
		if limiter.TokensAt(now) >= float64(l.perSecond) {
			delete(l.callers, caller)
		}
	}
	if len(l.callers) >= maxCallers {
		clear(l.callers)
	}
}
