package cache_test

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/cache"
)

func TestABypassedNameIsReadFromTheVault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1}
		c := open(t, s, nil)
		version, other := cache.Key{Name: "db", Version: "0f"}, cache.Key{Name: "other"}
		for _, k := range []cache.Key{key, version, other} {
			_, _ = c.Get(t.Context(), k)
		}
		c.Bypass("DB", time.Now().Add(time.Minute))
		before := s.reads.Load()
		for i := range 5 {
			s.set(i, nil) // by another instance, of which the cache learns nothing
			for _, k := range []cache.Key{key, version} {
				if hit, err := c.Get(t.Context(), k); err != nil || hit.Value != i {
					t.Errorf("%v: %+v, %v, want %d", k, hit, err, i)
				}
				if _, ok := c.Peek(k); ok {
					t.Errorf("%v is in memory", k)
				}
			}
		}
		if hit, _ := c.Get(t.Context(), other); hit.Value != 1 || s.reads.Load()-before != 10 {
			t.Errorf("another name was read from the vault: %+v", hit)
		}
		s.set(0, errAway)
		if hit, err := c.Get(t.Context(), key); !errors.Is(err, errAway) {
			t.Errorf("%+v, %v: no older answer may serve", hit, err)
		}
		s.set(0, errMissing)
		_, _ = c.Get(t.Context(), key)
		s.set(9, nil)
		if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 9 {
			t.Errorf("%+v, %v: it was kept that the name is missing", hit, err)
		}
		time.Sleep(time.Minute)
		_, _ = c.Get(t.Context(), key)
		if _, ok := c.Peek(key); !ok {
			t.Error("after the time, the name is kept again")
		}
	})
}

// A read that began before the bypass, or before another reader's call, may have missed the write.
func TestAReaderOfABypassedNameJoinsNoEarlierLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1, latency: 100 * time.Millisecond}
		c := open(t, s, nil)
		c.Bypass("db", time.Now().Add(time.Hour))
		var callers sync.WaitGroup
		callers.Go(func() { _, _ = c.Get(t.Context(), key) })
		time.Sleep(80 * time.Millisecond) // the load has read the number and has not returned
		s.set(2, nil)
		for range 100 {
			callers.Go(func() {
				if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 2 {
					t.Errorf("%+v, %v", hit, err)
				}
			})
		}
		callers.Wait()
		if reads := s.reads.Load(); reads != 2 {
			t.Errorf("%d loads, want 2: those who ask at the same time share one", reads)
		}
	})
}

func TestABypassEndsAndTheTimeIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, &source{number: 1}, nil)
		for _, row := range []struct {
			until time.Time
			kept  bool
		}{
			{time.Now().Add(time.Minute), false},
			{time.Time{}, true},
			{time.Now().Add(time.Hour), false},
			{time.Now().Add(time.Minute), false},
		} {
			c.Bypass("db", row.until)
			_, _ = c.Get(t.Context(), key)
			if _, ok := c.Peek(key); ok != row.kept {
				t.Errorf("until %s: kept is %v", row.until, ok)
			}
		}
		time.Sleep(time.Minute)
		_, _ = c.Get(t.Context(), key)
		if _, ok := c.Peek(key); !ok {
			t.Error("the later, shorter time did not replace the longer one")
		}
	})
}

// However many names are bypassed, none of them is served from memory, and the memory for them is
// bounded.
func TestNamesThatAreBypassedAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{number: 1}
		c := open(t, s, func(p *cache.Policy[int]) { p.MaxEntries, p.MaxBytes = 100_000, 1<<30 })
		name := func(i int) string { return fmt.Sprint("n-", i) }
		const many = 3000
		for i := range many {
			c.Bypass(name(i), time.Now().Add(time.Minute))
			c.Expect(name(i), time.Now().Add(time.Minute))
		}
		for i := range many {
			_, _ = c.Get(t.Context(), cache.Key{Name: name(i)})
			if _, ok := c.Peek(cache.Key{Name: name(i)}); ok {
				t.Fatalf("%s is in memory", name(i))
			}
		}
		if marks := c.Marks(); marks > 2*1024 {
			t.Errorf("%d names are marked", marks)
		}
		time.Sleep(time.Minute)
		c.Bypass("one-more", time.Now().Add(time.Minute))
		_, _ = c.Get(t.Context(), cache.Key{Name: name(0)})
		if _, ok := c.Peek(cache.Key{Name: name(0)}); !ok {
			t.Error("after the time, names are kept again")
		}
		_, _ = c.Get(t.Context(), cache.Key{Name: "one-more"})
		if _, ok := c.Peek(cache.Key{Name: "one-more"}); ok {
			t.Error("times that have passed left no place for another name")
		}
	})
}

// A name that is being recovered is missing until the vault has finished.
func TestAnExpectedNameIsNotKeptAsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{err: errMissing}
		c := open(t, s, nil)
		_, _ = c.Get(t.Context(), key)
		c.Expect("DB", time.Now().Add(2*time.Minute))
		for range 3 {
			if _, err := c.Get(t.Context(), key); !errors.Is(err, errMissing) {
				t.Error(err)
			}
		}
		if reads := s.reads.Load(); reads != 4 {
			t.Errorf("%d loads, want 4", reads)
		}
		s.set(1, nil)
		if hit, err := c.Get(t.Context(), key); err != nil || hit.Value != 1 {
			t.Errorf("%+v, %v", hit, err)
		}
		if _, ok := c.Peek(key); !ok {
			t.Error("its value must be kept as any other")
		}
	})
}

// Every version that is kept is found, and dropped ones leave nothing behind.
func TestForgetFindsEveryVersionAmongMany(t *testing.T) {
	s := &source{number: 1}
	c := open(t, s, func(p *cache.Policy[int]) { p.MaxEntries, p.MaxBytes = 500, 1<<20 })
	for i := range 5000 {
		for _, k := range []cache.Key{{Name: "a", Version: fmt.Sprint(i)}, {Name: fmt.Sprint("b", i), Version: "0f"}} {
			_, _ = c.Get(t.Context(), k)
		}
	}
	c.Settle()
	if versions := c.Versions(); versions > 5000 {
		t.Errorf("%d versions are remembered for 500 entries", versions)
	}
	s.set(2, nil)
	c.Forget("A")
	for i := range 5000 {
		if hit, ok := c.Peek(cache.Key{Name: "a", Version: fmt.Sprint(i)}); ok {
			t.Fatalf("version %d is still in memory: %+v", i, hit)
		}
	}
}

// A write must not cost more the more is kept of other names.
func TestForgetTakesConstantTime(t *testing.T) {
	fastest := func(entries int) time.Duration {
		c := open(t, &source{number: 1}, func(p *cache.Policy[int]) { p.MaxEntries, p.MaxBytes = 100_000, 1<<30 })
		for i := range entries {
			_, _ = c.Get(t.Context(), cache.Key{Name: fmt.Sprint(i)})
		}
		best := time.Duration(math.MaxInt64)
		for range 200 {
			_, _ = c.Get(t.Context(), key)
			began := time.Now()
			c.Forget("db")
			best = min(best, time.Since(began))
		}
		return best
	}
	few, many := fastest(10), fastest(9000)
	if many > 10*few+20*time.Microsecond {
		t.Errorf("%s beside 10 entries, %s beside 9,000", few, many)
	}
}
