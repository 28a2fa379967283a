package gate_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/gate"
	"rotunda/internal/secret"
)

func from(t *testing.T, caller string) context.Context {
	t.Helper()
	return secret.WithCaller(t.Context(), secret.CallerOf(caller))
}

// crowd keeps more calls of a context waiting than the gate has places for, until stop is closed.
func crowd(ctx context.Context, g *gate.Gate, callers *sync.WaitGroup, stop <-chan struct{}, call func() gate.Outcome) {
	for i := range 200 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if g.Do(ctx, fmt.Sprint("/secrets/none-", i), call) != nil {
					time.Sleep(10 * time.Millisecond)
				}
			}
		})
	}
}

// One caller uses up the quota and all the places that it may have. Another still gets every
// second turn.
func TestACrowdOfOneCallerDoesNotDelayAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(gate.Limits{InFlight: 256, Waiting: 100, PerSecond: 10})
		stop := make(chan struct{})
		var callers sync.WaitGroup
		crowd(from(t, "many"), g, &callers, stop, answered)
		time.Sleep(5 * time.Second)
		for range 20 {
			began := time.Now()
			if err := g.Do(from(t, "few"), name, answered); err != nil {
				t.Errorf("refused: %v", err)
			}
			if took := time.Since(began); took > 250*time.Millisecond {
				t.Errorf("waited %s, want two turns at most", took)
			}
		}
		close(stop)
		callers.Wait()
	})
}

// All slots hang. However many callers take places, there are some for the next one, and a caller
// that is not known shares with nobody but the calls about the same name.
func TestThereArePlacesForTheNextCaller(t *testing.T) {
	for _, known := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			g := gate.New(gate.Limits{InFlight: 1, Waiting: 100, PerSecond: 1_000_000})
			ctx, cancel := context.WithCancel(t.Context())
			var callers sync.WaitGroup
			hang := func() gate.Outcome { <-ctx.Done(); return gate.Answered }
			var waiting [5]atomic.Int64
			for who := range waiting {
				callerCtx, about := ctx, fmt.Sprint("/secrets/", who)
				if known {
					callerCtx, about = secret.WithCaller(ctx, secret.CallerOf(about)), name
				}
				for range 100 {
					callers.Go(func() {
						waiting[who].Add(1)
						if err := g.Do(callerCtx, about, hang); errors.Is(err, secret.ErrBusy) {
							waiting[who].Add(-1)
						}
					})
				}
				synctest.Wait()
			}
			if first, last := waiting[0].Load(), waiting[4].Load(); first > 52 || last < 1 {
				t.Errorf("the first of five has %d places, the last %d; want half of 100, and at least one", first, last)
			}
			cancel()
			callers.Wait()
		})
	}
}

// A call that gives up leaves neither its place nor its turn taken.
func TestACallThatLeavesFreesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(gate.Limits{InFlight: 1, Waiting: 2, PerSecond: 1_000_000})
		end := make(chan struct{})
		var callers sync.WaitGroup
		callers.Go(func() {
			_ = g.Do(t.Context(), name, func() gate.Outcome { <-end; return gate.Answered })
		})
		synctest.Wait()
		for range 50 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := g.Do(ctx, name, answered); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v, want the end of its own patience", err)
			}
			cancel()
		}
		close(end)
		callers.Wait()
		if err := g.Do(t.Context(), name, answered); err != nil {
			t.Error(err)
		}
	})
}

func TestTurnsAreTakenInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(gate.Limits{InFlight: 1, Waiting: 100, PerSecond: 1_000_000})
		end := make(chan struct{})
		var callers sync.WaitGroup
		callers.Go(func() {
			_ = g.Do(t.Context(), name, func() gate.Outcome { <-end; return gate.Answered })
		})
		synctest.Wait()
		var mu sync.Mutex
		var order []string
		for _, who := range []string{"a", "a", "a", "b", "b", "c"} {
			callers.Go(func() {
				_ = g.Do(from(t, who), name, func() gate.Outcome {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, who)
					return gate.Answered
				})
			})
			synctest.Wait()
		}
		close(end)
		callers.Wait()
		if got := fmt.Sprint(order); got != "[a b c a b a]" {
			t.Errorf("turns %s, want [a b c a b a]", got)
		}
	})
}

// The app's own check of the vault does not wait behind callers, however many there are.
func TestTheProbeGetsTheNextTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(gate.Limits{InFlight: 256, Waiting: 1000, PerSecond: 100})
		stop := make(chan struct{})
		var callers sync.WaitGroup
		crowd(t.Context(), g, &callers, stop, answered) // each of its names is a share of its own
		time.Sleep(5 * time.Second)
		for range 20 {
			began := time.Now()
			err := g.Do(secret.WithCaller(t.Context(), secret.Probe), name, answered)
			if took := time.Since(began); err != nil || took > 20*time.Millisecond {
				t.Errorf("%v after %s, want the next turn", err, took)
			}
		}
		close(stop)
		callers.Wait()
	})
}
