package cache_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/cache"
)

var (
	errMissing = errors.New("missing")
	errAway    = errors.New("unreachable")
	errRefused = errors.New("refused")
)

// source stands in for the vault and holds one number. A read takes latency: half of it before
// it reads the number, half after.
type source struct {
	mu      sync.Mutex
	number  int
	err     error
	reads   atomic.Int64
	latency time.Duration
}

func (s *source) load(ctx context.Context, _ cache.Key) (int, error) {
	s.reads.Add(1)
	s.mu.Lock()
	half := s.latency / 2
	s.mu.Unlock()
	if err := pause(ctx, half); err != nil {
		return 0, err
	}
	s.mu.Lock()
	number, err := s.number, s.err
	s.mu.Unlock()
	return number, errors.Join(err, pause(ctx, half))
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *source) set(number int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number, s.err = number, err
}

func (s *source) slow(latency time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency = latency
}

func open(t *testing.T, s *source, change func(*cache.Policy[int])) *cache.Cache[int] {
	t.Helper()
	policy := cache.Policy[int]{
		TTL: time.Minute, MaxStale: 5 * time.Minute, MaxEntries: 100, MaxBytes: 1 << 20,
		Size:    func(int) int { return 8 },
		Missing: func(err error) bool { return errors.Is(err, errMissing) },
		Away:    func(err error) bool { return errors.Is(err, errAway) },
	}
	if change != nil {
		change(&policy)
	}
	c, err := cache.New(policy, s.load)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

var key = cache.Key{Name: "Db"}

func TestOneLoadForAThousandCallers(t *testing.T) {
	for _, ttl := range []time.Duration{time.Minute, 0} {
		synctest.Test(t, func(t *testing.T) {
			s := &source{number: 7, latency: 20 * time.Millisecond}
			c := open(t, s, func(p *cache.Policy[int]) { p.TTL = ttl })
			var callers sync.WaitGroup
			for i := range 1000 {
				callers.Go(func() {
					name := []string{"db", "DB"}[i%2]
					if hit, err := c.Get(t.Context(), cache.Key{Name: name}); err != nil || hit.Value != 7 {
						t.Errorf("%+v, %v", hit, err)
					}
				})
			}
			callers.Wait()
			if reads := s.reads.Load(); reads != 1 {
				t.Errorf("TTL %s: %d loads, want 1", ttl, reads)
			}
		})
	}
}

// Callers that arrive while a load ends start no other load. This needs real threads, so no
// synctest.
func TestOneLoadHoweverCallersArrive(t *testing.T) {
	for round := range 200 {
		s := &source{number: 1}
		c := open(t, s, nil)
		var callers sync.WaitGroup
		for range 16 {
			callers.Go(func() {
				if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 1 {
					t.Errorf("%+v, %v", hit, err)
				}
			})
		}
		if callers.Wait(); s.reads.Load() != 1 {
			t.Fatalf("round %d: %d loads, want 1", round, s.reads.Load())
		}
	}
}

func TestTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1}
		c := open(t, s, nil)
		ask := func(want int, wantReads int64) {
			t.Helper()
			hit, err := c.Get(t.Context(), key)
			if err != nil || hit.Value != want || hit.Stale || s.reads.Load() != wantReads {
				t.Errorf("%+v, %v after %d loads; want %d after %d", hit, err, s.reads.Load(), want, wantReads)
			}
		}
		ask(1, 1)
		s.set(2, nil)
		time.Sleep(53 * time.Second) // in a bubble, this takes no time
		ask(1, 1)
		time.Sleep(8 * time.Second)
		ask(2, 2)
	})
}

func TestZeroTTLKeepsNothing(t *testing.T) {
	s := &source{number: 1}
	c := open(t, s, func(p *cache.Policy[int]) { p.TTL = 0 })
	for i := range 3 {
		s.set(i, nil)
		if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != i {
			t.Errorf("%+v, %v", hit, err)
		}
	}
	s.set(0, errAway)
	if hit, err := c.Get(t.Context(), key); !errors.Is(err, errAway) {
		t.Errorf("%+v, %v", hit, err)
	}
}

func TestStaleWhileTheVaultIsAwayAndNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1}
		c := open(t, s, nil)
		started := time.Now()
		if _, err := c.Get(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		s.set(2, errAway)
		for time.Since(started) < 5*time.Minute {
			hit, err := c.Get(t.Context(), key)
			past := time.Since(started) >= time.Minute
			if err != nil || hit.Value != 1 || past && (!hit.Stale || hit.Age != time.Since(started)) {
				t.Fatalf("after %s: %+v, %v", time.Since(started), hit, err)
			}
			time.Sleep(7 * time.Second)
		}
		if hit, err := c.Get(t.Context(), key); !errors.Is(err, errAway) {
			t.Errorf("after %s: %+v, %v: the bound is hard", time.Since(started), hit, err)
		}
		s.set(2, nil)
		if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 2 || hit.Stale {
			t.Errorf("the vault is back: %+v, %v", hit, err)
		}
	})
}

func TestRefusalEndsStaleness(t *testing.T) {
	for _, refusal := range []error{errRefused, errMissing} {
		synctest.Test(t, func(t *testing.T) {
			s := &source{number: 1}
			c := open(t, s, nil)
			_, _ = c.Get(t.Context(), key)
			time.Sleep(time.Minute)
			s.set(0, refusal)
			if _, err := c.Get(t.Context(), key); !errors.Is(err, refusal) {
				t.Errorf("%v, want %v", err, refusal)
			}
			time.Sleep(10 * time.Second)
			s.set(0, errAway)
			if hit, err := c.Get(t.Context(), key); !errors.Is(err, errAway) {
				t.Errorf("served after a refusal: %+v, %v", hit, err)
			}
		})
	}
}

func TestMissingIsKeptForSecondsAndErrorsNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{err: errMissing}
		c := open(t, s, nil)
		for range 5 {
			if _, err := c.Get(t.Context(), key); !errors.Is(err, errMissing) {
				t.Error(err)
			}
		}
		if reads := s.reads.Load(); reads != 1 {
			t.Errorf("%d loads of a missing name, want 1", reads)
		}
		s.set(1, nil)
		time.Sleep(3 * time.Second)
		if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 1 {
			t.Errorf("%+v, %v", hit, err)
		}
		s.set(0, errRefused)
		for range 3 {
			_, _ = c.Get(t.Context(), cache.Key{Name: "other"})
		}
		if reads := s.reads.Load(); reads != 5 {
			t.Errorf("%d loads, want 5: a refusal must not be kept", reads)
		}
	})
}

// Once a write is answered, every later read sees it, although loads were running.
func TestForgetBeatsLoadsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1, latency: 100 * time.Millisecond}
		c := open(t, s, nil)
		var early sync.WaitGroup
		early.Go(func() { _, _ = c.Get(t.Context(), key) })
		time.Sleep(80 * time.Millisecond) // the load has read the number and has not returned
		s.set(2, nil)
		c.Forget("dB")
		if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 2 {
			t.Errorf("%+v, %v: older than an acknowledged write", hit, err)
		}
		early.Wait()
		if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 2 {
			t.Errorf("%+v, %v: the overtaken load was kept", hit, err)
		}
	})
}

func TestForgetDropsEveryVersionOfTheNameAndNoOther(t *testing.T) {
	s := &source{number: 1}
	c := open(t, s, nil)
	keys := []cache.Key{{Name: "a"}, {Name: "a", Version: "0f"}, {Name: "b"}}
	for _, k := range keys {
		_, _ = c.Get(t.Context(), k)
	}
	s.set(2, nil)
	c.Forget("A")
	for i, want := range []int{2, 2, 1} {
		if hit, err := c.Get(t.Context(), keys[i]); err != nil || hit.Value != want {
			t.Errorf("%v: %+v, %v, want %d", keys[i], hit, err, want)
		}
	}
}

func TestGetFreshNeverTakesAnOlderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1, latency: 100 * time.Millisecond}
		c := open(t, s, nil)
		var callers sync.WaitGroup
		callers.Go(func() { _, _ = c.Get(t.Context(), key) })
		time.Sleep(80 * time.Millisecond)
		s.set(2, nil) // by another instance, of which the cache learns nothing
		for range 500 {
			callers.Go(func() {
				if hit, err := c.GetFresh(t.Context(), key); err != nil || hit.Value != 2 || hit.Age > 200*time.Millisecond {
					t.Errorf("%+v, %v", hit, err)
				}
			})
		}
		callers.Wait()
		if reads := s.reads.Load(); reads != 2 {
			t.Errorf("%d loads, want 2: those who ask the same share one", reads)
		}
		if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 2 || s.reads.Load() != 2 {
			t.Errorf("%+v, %v: a fresh load was not kept", hit, err)
		}
	})
}

func TestACallerThatLeavesDoesNotEndTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1, latency: time.Second}
		c := open(t, s, nil)
		ctx, leave := context.WithTimeout(t.Context(), time.Millisecond)
		defer leave()
		var callers sync.WaitGroup
		callers.Go(func() { _, _ = c.Get(ctx, key) }) // loads; its caller leaves
		synctest.Wait()
		callers.Go(func() { // joins, then leaves
			if _, err := c.Get(ctx, key); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
		})
		hit, err := c.Get(t.Context(), key)
		if err != nil || hit.Value != 1 || s.reads.Load() != 1 {
			t.Errorf("%+v, %v after %d loads", hit, err, s.reads.Load())
		}
		callers.Wait()
	})
}

func TestAPanicInALoadIsAnError(t *testing.T) {
	c, err := cache.New(cache.Policy[int]{Away: func(error) bool { return false }},
		func(context.Context, cache.Key) (int, error) { panic("canary") })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), key); err == nil || err.Error() != "panic in a load: string" {
		t.Errorf("%v", err)
	}
}

// A load in the background runs on a goroutine of the cache, which must not end the process.
func TestAPanicAfterALoadInTheBackgroundEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1}
		c := open(t, s, func(p *cache.Policy[int]) { p.Missing = func(error) bool { panic("canary") } })
		_, _ = c.Get(t.Context(), key)
		time.Sleep(time.Minute)
		s.slow(30 * time.Second)
		s.set(0, errRefused)
		if hit, err := c.Get(t.Context(), key); err != nil || !hit.Stale {
			t.Errorf("while it hangs: %+v, %v", hit, err)
		}
		time.Sleep(30 * time.Second) // the load ends, and what follows it panics
		s.slow(0)
		s.set(2, nil)
		if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 2 {
			t.Errorf("after the panic: %+v, %v", hit, err)
		}
	})
}

func TestEntriesAndBytesAreBounded(t *testing.T) {
	for name, row := range map[string]struct{ entries, bytes, size, most int }{
		"by entries": {10, 1 << 20, 8, 10},
		"by bytes":   {1000, 10_000, 800, 10},
	} {
		s := &source{}
		c := open(t, s, func(p *cache.Policy[int]) {
			p.MaxEntries, p.MaxBytes, p.Size = row.entries, row.bytes, func(int) int { return row.size }
		})
		keys := make([]cache.Key, 100)
		for i := range keys {
			keys[i] = cache.Key{Name: fmt.Sprint(i)}
			_, _ = c.Get(t.Context(), keys[i])
		}
		c.Settle()
		before := s.reads.Load()
		for _, k := range keys {
			_, _ = c.Get(t.Context(), k)
			c.Settle()
		}
		if again := int(s.reads.Load() - before); again < len(keys)-2*row.most {
			t.Errorf("%s: only %d of %d had to be read again, the bound is %d", name, again, len(keys), row.most)
		}
	}
}

// hang makes loads take so long that their call ends first, as with a vault that accepts
// connections and never answers.
func hang(s *source) { s.slow(30 * time.Second); s.set(0, errAway) }

func TestAnOlderAnswerServesWhileTheVaultHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1}
		c := open(t, s, nil)
		_, _ = c.Get(t.Context(), key)
		time.Sleep(time.Minute)
		hang(s)
		for i, most := range []time.Duration{time.Second, 0, 0} {
			began := time.Now()
			hit, err := c.Get(t.Context(), key)
			if took := time.Since(began); err != nil || hit.Value != 1 || !hit.Stale || hit.Age < time.Minute || took > most {
				t.Errorf("caller %d: %+v, %v after %s, want at most %s", i, hit, err, took, most)
			}
		}
		if reads := s.reads.Load(); reads != 2 {
			t.Errorf("%d loads, want 2: later callers join the one that hangs", reads)
		}
		s.set(2, nil)
		time.Sleep(30 * time.Second) // the load continues, and ends well
		if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 2 || hit.Stale {
			t.Errorf("after the answer: %+v, %v", hit, err)
		}
	})
}

func TestWhoReadsManyNamesDoesNotWaitForEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1}
		c := open(t, s, nil)
		name := func(i int) cache.Key { return cache.Key{Name: fmt.Sprint(i)} }
		for i := range 20 {
			_, _ = c.Get(t.Context(), name(i))
		}
		time.Sleep(time.Minute)
		hang(s)
		began := time.Now()
		for i := range 20 {
			if hit, err := c.Get(t.Context(), name(i)); err != nil || !hit.Stale {
				t.Errorf("%d: %+v, %v", i, hit, err)
			}
		}
		if took := time.Since(began); took != time.Second+19*100*time.Millisecond {
			t.Errorf("20 names one after the other: %s, want a second, and a tenth of a second for each other name", took)
		}
		time.Sleep(2 * time.Minute) // the loads end
	})
}

// A vault that is only slow is waited for, and so is any vault if there is no older answer.
func TestASlowVaultIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1, latency: 3 * time.Second}
		c := open(t, s, nil)
		if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 1 {
			t.Errorf("nothing in memory: %+v, %v", hit, err)
		}
		time.Sleep(time.Minute)
		s.slow(900 * time.Millisecond)
		s.set(2, nil)
		if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 2 || hit.Stale {
			t.Errorf("slow: %+v, %v", hit, err)
		}
	})
}

func TestTheBoundIsHardWhileTheVaultHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1}
		c := open(t, s, nil)
		_, _ = c.Get(t.Context(), key)
		time.Sleep(5*time.Minute - 500*time.Millisecond)
		hang(s)
		if hit, err := c.Get(t.Context(), key); !errors.Is(err, errAway) {
			t.Errorf("%+v, %v: it became too old within the second of the wait", hit, err)
		}
	})
}

func TestARefusalAfterTheWaitEndsStaleness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1}
		c := open(t, s, nil)
		_, _ = c.Get(t.Context(), key)
		time.Sleep(time.Minute)
		s.slow(10 * time.Second)
		s.set(0, errRefused)
		if hit, err := c.Get(t.Context(), key); err != nil || !hit.Stale {
			t.Errorf("%+v, %v", hit, err)
		}
		time.Sleep(10 * time.Second)
		s.set(0, errAway)
		s.slow(0)
		if hit, err := c.Get(t.Context(), key); !errors.Is(err, errAway) {
			t.Errorf("served after a refusal: %+v, %v", hit, err)
		}
	})
}

func TestACallerThatLeavesWhileTheVaultHangsGetsItsOwnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1}
		c := open(t, s, nil)
		_, _ = c.Get(t.Context(), key)
		time.Sleep(time.Minute)
		hang(s)
		ctx, leave := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer leave()
		if hit, err := c.Get(ctx, key); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%+v, %v", hit, err)
		}
		time.Sleep(2 * time.Minute)
	})
}
