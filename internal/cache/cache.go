// Package cache keeps what was read for a short time. It runs one load at a time per secret and
// version, and keeps answers for a TTL. While the vault can't be reached, or does not answer
// within a second, it serves them for longer, up to a hard limit.
//
// Each process has a cache of its own, and correctness does not depend on it: another instance's
// write is visible once the TTL has passed.
package cache

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// Key identifies what is read. Version is "" for the latest.
type Key struct{ Name, Version string }

// folded returns the key that all spellings of a name share: Key Vault ignores case.
func (k Key) folded() Key { return Key{strings.ToLower(k.Name), strings.ToLower(k.Version)} }

// Loader reads from the vault.
type Loader[T any] func(ctx context.Context, key Key) (T, error)

// Policy says what the cache keeps, and for how long.
type Policy[T any] struct {
	TTL        time.Duration // 0 keeps nothing; loads are still shared
	MaxStale   time.Duration // the maximum age of an answer while the vault does not answer
	MaxEntries int
	MaxBytes   int
	Size       func(T) int // bytes of a kept answer
	// Missing reports that there is no such secret, which is kept for a few seconds.
	Missing func(error) bool
	// Away reports that the vault can't be reached, so that an older answer may serve.
	Away func(error) bool
}

// missingTTL bounds how long the cache remembers that there is no such secret.
const missingTTL = 3 * time.Second

// Cache keeps what its loader reads. Create one with New.
type Cache[T any] struct {
	load   Loader[T]
	policy Policy[T]
	kept   *otter.Cache[Key, answer[T]] // nil if nothing is kept
	// hanging says that a load has taken longer than patience, and that the vault has not answered
	// any load since.
	hanging atomic.Bool

	mu        sync.Mutex
	flights   flights[T]
	versions  versions
	bypassed  marks     // of these names, nothing is kept
	expected  marks     // of these names, it is not kept that they are missing
	bypassAll time.Time // nothing at all is kept until then
}

// answer is the result of a load: a value or an error.
type answer[T any] struct {
	value    T
	err      error
	readAt   time.Time // when the load began; the value is at least as recent
	freshFor time.Duration
}

// fresh returns the answer's age, and whether it is below the TTL. It reads only the monotonic
// clock, which costs half of time.Now.
func (a answer[T]) fresh() (time.Duration, bool) {
	age := time.Since(a.readAt)
	return age, age < a.freshFor
}

// Hit is a value and its age.
type Hit[T any] struct {
	Value T
	Age   time.Duration
	Stale bool // older than its TTL, because the vault does not answer
}

// New returns an empty cache.
func New[T any](policy Policy[T], load Loader[T]) (*Cache[T], error) {
	c := &Cache[T]{load: load, policy: policy, flights: flights[T]{}, versions: versions{}, bypassed: marks{}, expected: marks{}}
	if policy.TTL == 0 {
		return c, nil
	}
	kept, err := otter.New(&otter.Options[Key, answer[T]]{
		MaximumWeight:    uint64(policy.MaxBytes), //nolint:gosec // is positive
		Weigher:          c.weigh,
		ExpiryCalculator: otter.ExpiryWriting[Key, answer[T]](max(policy.TTL, policy.MaxStale, missingTTL)),
	})
	c.kept = kept
	return c, err
}

// weigh combines two limits into one: an entry weighs its size in bytes, or the limit in bytes
// divided by the limit in entries if that is more.
func (c *Cache[T]) weigh(key Key, a answer[T]) uint32 {
	const overhead = 200 // approximate bytes for the entry, the key and the maps
	size := overhead + len(key.Name) + len(key.Version)
	if a.err == nil {
		size += c.policy.Size(a.value)
	}
	share := c.policy.MaxBytes / max(c.policy.MaxEntries, 1)
	return uint32(max(size, share)) //nolint:gosec // a secret has at most 25 KB
}

// Get answers from memory while the answer is fresh, and from the vault otherwise. If the vault
// does not answer in time and an older answer may still serve, Get returns that one, and the load
// continues for later callers. A caller that goes away does not stop a load that others may be
// waiting for.
func (c *Cache[T]) Get(ctx context.Context, key Key) (Hit[T], error) {
	folded := key.folded()
	if found, ok := c.peek(folded); ok {
		if age, fresh := found.fresh(); fresh {
			return Hit[T]{Value: found.value, Age: age}, found.err
		}
	}
	_, hasOlder := c.older(folded)
	f := c.join(ctx, key, folded, hasOlder)
	if hasOlder && c.outlasts(ctx, f) {
		if old, ok := c.older(folded); ok {
			return old.hit(true)
		}
	}
	if err := f.wait(ctx); err != nil {
		return Hit[T]{}, err
	}
	if f.answer.err != nil && c.policy.Away(f.answer.err) {
		if old, ok := c.older(folded); ok {
			return old.hit(true)
		}
	}
	return f.answer.hit(false)
}

// HasOlder reports whether Get may answer from memory while the vault does not answer.
func (c *Cache[T]) HasOlder(key Key) bool {
	_, ok := c.older(key.folded())
	return ok
}

// older returns a kept answer that may serve while the vault does not answer.
func (c *Cache[T]) older(key Key) (answer[T], bool) {
	old, ok := c.peek(key)
	return old, ok && old.err == nil && time.Since(old.readAt) < c.policy.MaxStale
}

// Peek answers from memory alone, and only if the answer is fresh and not an error.
func (c *Cache[T]) Peek(key Key) (Hit[T], bool) {
	found, ok := c.peek(key.folded())
	if !ok || found.err != nil {
		return Hit[T]{}, false
	}
	age, fresh := found.fresh()
	return Hit[T]{Value: found.value, Age: age}, fresh
}

// GetFresh answers from the vault, with a load that begins after the call.
func (c *Cache[T]) GetFresh(ctx context.Context, key Key) (Hit[T], error) {
	f := c.joinNext(ctx, key, key.folded())
	if err := f.wait(ctx); err != nil {
		return Hit[T]{}, err
	}
	return f.answer.hit(false)
}

// Forget drops everything about a name, including loads that are running: later callers get what
// a later load reads. Its cost does not depend on what is kept of other names.
func (c *Cache[T]) Forget(name string) {
	name = strings.ToLower(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget(name)
}

// forget is Forget with the mutex held, of a folded name.
func (c *Cache[T]) forget(name string) {
	delete(c.flights, name)
	if c.kept == nil {
		return
	}
	c.kept.Invalidate(Key{Name: name})
	for version := range c.versions[name] {
		c.kept.Invalidate(Key{name, version})
	}
	delete(c.versions, name)
}

// Bypass forgets a name, and keeps nothing of it until a time: each read is a load that begins
// after its call. A later call replaces the time; one that has passed ends the bypass.
func (c *Cache[T]) Bypass(name string, until time.Time) {
	name = strings.ToLower(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.bypassed.set(name, until) && until.After(c.bypassAll) {
		c.bypassAll = until // too many names to remember each: read all of them from the vault
	}
	c.forget(name)
}

// Expect says that a name will exist soon. Until then, the cache does not keep that it is missing.
func (c *Cache[T]) Expect(name string, until time.Time) {
	name = strings.ToLower(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expected.set(name, until) // if there are too many, a caller may read for seconds that it is missing
	c.forget(name)
}

// bypasses reports whether nothing is kept of a folded name. The caller holds the mutex.
func (c *Cache[T]) bypasses(name string) bool {
	return c.bypassed.has(name) || time.Now().Before(c.bypassAll)
}

func (c *Cache[T]) peek(key Key) (answer[T], bool) {
	if c.kept == nil {
		return answer[T]{}, false
	}
	return c.kept.GetIfPresent(key)
}

// keep stores a value, or that there is no such secret. Any other refusal drops what was kept,
// while a failure to reach the vault leaves it. The caller holds the mutex.
func (c *Cache[T]) keep(key Key, a answer[T]) {
	switch {
	case c.kept == nil, c.bypasses(key.Name):
	case a.err == nil:
		c.store(key, a, jittered(c.policy.TTL))
	case c.policy.Away(a.err):
	case c.policy.Missing(a.err) && !c.expected.has(key.Name):
		c.store(key, a, min(missingTTL, c.policy.TTL))
	default:
		c.kept.Invalidate(key)
	}
}

func (c *Cache[T]) store(key Key, a answer[T], ttl time.Duration) {
	a.freshFor = ttl
	c.kept.Set(key, a)
	c.versions.add(key, func(k Key) bool { _, ok := c.kept.GetEntryQuietly(k); return ok })
}

// jittered returns a time in the last tenth of ttl, so that secrets that were read together do
// not expire together.
func jittered(ttl time.Duration) time.Duration {
	return ttl - rand.N(ttl/10+1) //nolint:gosec // need not be unpredictable
}

func (a answer[T]) hit(stale bool) (Hit[T], error) {
	return Hit[T]{Value: a.value, Age: time.Since(a.readAt), Stale: stale}, a.err
}
