// Package cache is short memory for reads: one load at a time per secret and version, answers kept
// for a TTL, and past it, up to a hard bound, while the vault can't be reached.
//
// It is the memory of one process. Nothing correct rests on it: another instance's write is seen
// when the TTL has passed.
package cache

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
)

// Key names what is read. Version is "" for the latest.
type Key struct{ Name, Version string }

// folded is the key with which names that differ in case are one, as in Key Vault.
func (k Key) folded() Key { return Key{strings.ToLower(k.Name), strings.ToLower(k.Version)} }

// Loader reads from the vault.
type Loader[T any] func(ctx context.Context, key Key) (T, error)

// Policy is what the cache needs to know of what it keeps.
type Policy[T any] struct {
	TTL        time.Duration // 0: nothing is kept, loads are still shared
	MaxStale   time.Duration // how old an answer may become while the vault can't be reached
	MaxEntries int
	MaxBytes   int
	Size       func(T) int      // bytes of a kept answer
	Missing    func(error) bool // "there is no such secret": kept for a few seconds
	Passing    func(error) bool // the vault can't be reached: an older answer may serve
}

// missingTTL is how long "no such secret" is kept.
const missingTTL = 3 * time.Second

// Cache keeps what its loader reads. Use New.
type Cache[T any] struct {
	load   Loader[T]
	policy Policy[T]
	kept   *otter.Cache[Key, answer[T]] // nil when nothing is kept

	mu      sync.Mutex
	flights map[Key]*flight[T]
}

// answer is the end of a load: a value, or an error.
type answer[T any] struct {
	value      T
	err        error
	readAt     time.Time // when the load began: it is not older than that
	freshUntil time.Time
}

// Hit is an answer and how old it is.
type Hit[T any] struct {
	Value T
	Age   time.Duration
	Stale bool // it outlived its TTL, as the vault can't be reached
}

// New makes a cache.
func New[T any](policy Policy[T], load Loader[T]) (*Cache[T], error) {
	c := &Cache[T]{load: load, policy: policy, flights: map[Key]*flight[T]{}}
	if policy.TTL == 0 {
		return c, nil
	}
	kept, err := otter.New(&otter.Options[Key, answer[T]]{
		MaximumWeight:    uint64(policy.MaxBytes), //nolint:gosec // a setting, checked to be positive
		Weigher:          c.weigh,
		ExpiryCalculator: otter.ExpiryWriting[Key, answer[T]](max(policy.TTL, policy.MaxStale, missingTTL)),
	})
	c.kept = kept
	return c, err
}

// weigh makes one bound of two: an entry weighs its bytes, but at least its share of the entries.
func (c *Cache[T]) weigh(key Key, a answer[T]) uint32 {
	const overhead = 200 // of the entry, the key and the maps, about
	size := overhead + len(key.Name) + len(key.Version)
	if a.err == nil {
		size += c.policy.Size(a.value)
	}
	return uint32(max(size, c.policy.MaxBytes/max(c.policy.MaxEntries, 1))) //nolint:gosec // a secret has 25 KB
}

// Get answers from memory while the answer is fresh, else from the vault. A caller that goes away
// does not end a load that others may wait for.
func (c *Cache[T]) Get(ctx context.Context, key Key) (Hit[T], error) {
	folded := key.folded()
	if found, ok := c.peek(folded); ok {
		if now := time.Now(); now.Before(found.freshUntil) {
			return Hit[T]{Value: found.value, Age: now.Sub(found.readAt)}, found.err
		}
	}
	f := c.board(ctx, key, folded)
	if err := f.wait(ctx); err != nil {
		return Hit[T]{}, err
	}
	if f.answer.err == nil || !c.policy.Passing(f.answer.err) {
		return f.answer.hit(false)
	}
	if old, ok := c.peek(folded); ok && old.err == nil && time.Since(old.readAt) < c.policy.MaxStale {
		return old.hit(true)
	}
	return f.answer.hit(false)
}

// Peek answers from memory alone, while the answer is fresh and not a failure.
func (c *Cache[T]) Peek(key Key) (Hit[T], bool) {
	found, ok := c.peek(key.folded())
	if !ok || found.err != nil || !time.Now().Before(found.freshUntil) {
		return Hit[T]{}, false
	}
	hit, _ := found.hit(false) // its error was just seen to be nil
	return hit, true
}

// GetFresh answers from the vault, by a load that began after this call did.
func (c *Cache[T]) GetFresh(ctx context.Context, key Key) (Hit[T], error) {
	f := c.boardNext(ctx, key, key.folded())
	if err := f.wait(ctx); err != nil {
		return Hit[T]{}, err
	}
	return f.answer.hit(false)
}

// Forget drops all that is known of a name, and the loads under way: whoever asks after this gets
// what a later load reads.
func (c *Cache[T]) Forget(name string) {
	name = strings.ToLower(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.flights {
		if key.Name == name {
			delete(c.flights, key)
		}
	}
	if c.kept == nil {
		return
	}
	for key := range c.kept.Keys() {
		if key.Name == name {
			c.kept.Invalidate(key)
		}
	}
}

func (c *Cache[T]) peek(key Key) (answer[T], bool) {
	if c.kept == nil {
		return answer[T]{}, false
	}
	return c.kept.GetIfPresent(key)
}

// keep stores the end of a load by what it says: a value, "no such secret", or a refusal, which
// ends what was kept. A failure to reach the vault leaves it. The caller holds the mutex.
func (c *Cache[T]) keep(key Key, a answer[T]) {
	switch {
	case c.kept == nil:
	case a.err == nil:
		a.freshUntil = a.readAt.Add(jittered(c.policy.TTL))
		c.kept.Set(key, a)
	case c.policy.Missing(a.err):
		a.freshUntil = a.readAt.Add(min(missingTTL, c.policy.TTL))
		c.kept.Set(key, a)
	case !c.policy.Passing(a.err):
		c.kept.Invalidate(key)
	}
}

// jittered spreads expiries over the last tenth of the TTL, so that names read together do not
// expire together.
func jittered(ttl time.Duration) time.Duration {
	return ttl - rand.N(ttl/10+1) //nolint:gosec // not for secrecy
}

func (a answer[T]) hit(stale bool) (Hit[T], error) {
	return Hit[T]{Value: a.value, Age: time.Since(a.readAt), Stale: stale}, a.err
}
