package gate_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/gate"
	"rotunda/internal/secret"
)

// name is what calls are about where that makes no difference.
const name = "/secrets/a"

func wide() gate.Limits { return gate.Limits{InFlight: 256, Waiting: 1000, PerSecond: 1_000_000} }

func TestCallsAtOnceAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := wide()
		limits.InFlight = 32
		g := gate.New(limits)
		var now, peak, done atomic.Int64
		var callers sync.WaitGroup
		for range 200 {
			callers.Go(func() {
				err := g.Do(t.Context(), name, func() gate.Outcome {
					peak.Store(max(peak.Load(), now.Add(1)))
					time.Sleep(20 * time.Millisecond)
					now.Add(-1)
					return gate.Answered
				})
				if err == nil {
					done.Add(1)
				}
			})
		}
		callers.Wait()
		if peak.Load() != 32 || done.Load() != 200 {
			t.Errorf("peak %d, done %d; want 32 and 200", peak.Load(), done.Load())
		}
	})
}

func TestWaitersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(gate.Limits{InFlight: 1, Waiting: 20, PerSecond: 1_000_000})
		var refused atomic.Int64
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				err := g.Do(t.Context(), name, func() gate.Outcome { time.Sleep(time.Second); return gate.Answered })
				if errors.Is(err, secret.ErrBusy) {
					refused.Add(1)
				}
			})
		}
		callers.Wait()
		if refused.Load() != 89 {
			t.Errorf("%d refused, want 89: one runs, ten wait in half of the places", refused.Load())
		}
	})
}

// count tries a thousand calls per second for a while, and returns how many got through.
func count(t *testing.T, g *gate.Gate, period time.Duration, outcome func() gate.Outcome) int {
	t.Helper()
	through := 0
	for end := time.Now().Add(period); time.Now().Before(end); time.Sleep(time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		_ = g.Do(ctx, name, func() gate.Outcome { through++; return outcome() })
		cancel()
	}
	return through
}

func answered() gate.Outcome { return gate.Answered }

func TestQuotaHalvesOn429AndGrowsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(gate.Limits{InFlight: 10, Waiting: 10, PerSecond: 200})
		count(t, g, time.Second, answered) // spends what the pause has saved up
		if got := count(t, g, time.Second, answered); got < 195 || got > 205 {
			t.Errorf("%d calls in a second, want 200", got)
		}
		_ = g.Do(t.Context(), name, func() gate.Outcome { return gate.Throttled })
		if got := count(t, g, time.Second, answered); got < 95 || got > 110 {
			t.Errorf("%d calls in the second after 429, want about 100", got)
		}
		time.Sleep(time.Minute)
		count(t, g, 2*time.Second, answered)
		if got := count(t, g, time.Second, answered); got < 195 || got > 205 {
			t.Errorf("%d calls in a second a minute later, want 200", got)
		}
	})
}

func TestAWaitForTheQuotaThatIsTooLongIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(gate.Limits{InFlight: 1000, Waiting: 1000, PerSecond: 10})
		var through, refused atomic.Int64
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				err := g.Do(t.Context(), name, answered)
				problem, isProblem := errors.AsType[*secret.Problem](err)
				switch {
				case err == nil:
					through.Add(1)
				case isProblem && errors.Is(err, secret.ErrBusy) && problem.RetryAfter != "":
					refused.Add(1)
				}
			})
		}
		callers.Wait()
		if through.Load() != 60 || refused.Load() != 40 {
			t.Errorf("%d through, %d refused; want 60 (10 saved up, 50 in five seconds) and 40", through.Load(), refused.Load())
		}
	})
}

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(wide())
		away := func() gate.Outcome { return gate.Away }
		for range 5 {
			if err := g.Do(t.Context(), name, away); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.Do(t.Context(), name, away); !errors.Is(err, secret.ErrVaultUnreachable) {
			t.Errorf("after five failures: %v", err)
		}
		if got := count(t, g, 10*time.Second, away); got < 18 || got > 21 {
			t.Errorf("%d probes in ten seconds, want two a second", got)
		}
		if got := count(t, g, time.Second, answered); got < 400 {
			t.Errorf("%d calls in the second after its return, want all but half a second", got)
		}
	})
}

func TestACallerThatGivesUpSaysNothingAboutTheVault(t *testing.T) {
	g := gate.New(wide())
	for range 20 {
		_ = g.Do(t.Context(), name, func() gate.Outcome { return gate.Abandoned })
	}
	if err := g.Do(t.Context(), name, answered); err != nil {
		t.Error(err)
	}
}

func TestAPanicReleasesItsSlot(t *testing.T) {
	g := gate.New(gate.Limits{InFlight: 1, Waiting: 1, PerSecond: 1000})
	func() {
		defer func() { _ = recover() }()
		_ = g.Do(t.Context(), name, func() gate.Outcome { panic("x") })
	}()
	if err := g.Do(t.Context(), name, answered); err != nil {
		t.Error(err)
	}
}
