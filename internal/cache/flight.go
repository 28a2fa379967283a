package cache

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	// patience is how long a load may take before a caller gets an older answer in its place.
	patience = time.Second
	// patienceWhileHanging takes its place while the vault answers no load, so that a caller of
	// many names does not wait a second for each.
	patienceWhileHanging = 100 * time.Millisecond
)

// flight is one load that any number of callers may wait for.
type flight[T any] struct {
	version string    // of its key
	asked   time.Time // when the first of its callers came
	done    chan struct{}
	next    *flight[T] // begins when this one is done, for callers of GetFresh
	answer  answer[T]  // set before done is closed
}

func newFlight[T any](folded Key) *flight[T] {
	return &flight[T]{version: folded.Version, asked: time.Now(), done: make(chan struct{})}
}

// flights are the loads that later callers may join, by name.
type flights[T any] map[string][]*flight[T]

// find returns the running load of a key, or nil.
func (all flights[T]) find(key Key) *flight[T] {
	for _, f := range all[key.Name] {
		if f.version == key.Version {
			return f
		}
	}
	return nil
}

func (all flights[T]) add(name string, f *flight[T]) { all[name] = append(all[name], f) }

// remove removes a load. It reports false if Forget has removed it before.
func (all flights[T]) remove(name string, f *flight[T]) bool {
	at := slices.Index(all[name], f)
	switch {
	case at < 0:
		return false
	case len(all[name]) == 1:
		delete(all, name)
	default:
		all[name] = slices.Delete(all[name], at, at+1)
	}
	return true
}

// closed is the channel of a flight that is done.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// join joins the running load of a key, or loads. It checks memory again, because a load may
// have ended since the caller did. In the background, it does not wait for the load.
func (c *Cache[T]) join(ctx context.Context, key, folded Key, background bool) *flight[T] {
	c.mu.Lock()
	if f := c.flights.find(folded); f != nil {
		defer c.mu.Unlock()
		if c.bypasses(folded.Name) {
			return f.after(folded)
		}
		return f
	}
	if found, ok := c.peek(folded); ok {
		if _, fresh := found.fresh(); fresh {
			c.mu.Unlock()
			return &flight[T]{done: closed, answer: found}
		}
	}
	return c.begin(ctx, key, folded, background)
}

// begin loads. It is called with the mutex held, and unlocks it.
//
// Unless in the background, it loads on the caller's own goroutine, because switching to another
// one and back costs more than everything else here. A caller that has joined a load may leave;
// one that loads stays to the end, as others may be waiting.
func (c *Cache[T]) begin(ctx context.Context, key, folded Key, background bool) *flight[T] {
	f := newFlight[T](folded)
	c.flights.add(folded.Name, f)
	c.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	if background {
		go c.run(ctx, f, key, folded)
	} else {
		c.run(ctx, f, key, folded)
	}
	return f
}

// joinNext joins a load that has not begun yet, or loads.
func (c *Cache[T]) joinNext(ctx context.Context, key, folded Key) *flight[T] {
	c.mu.Lock()
	f := c.flights.find(folded)
	if f == nil {
		return c.begin(ctx, key, folded, false)
	}
	defer c.mu.Unlock()
	return f.after(folded)
}

// after returns the load that begins when f is done. The caller holds the mutex.
func (f *flight[T]) after(folded Key) *flight[T] {
	if f.next == nil {
		f.next = newFlight[T](folded)
	}
	return f.next
}

// run loads, and starts the next load of the same key. It may run on a goroutine of its own, so
// nothing in it may panic.
func (c *Cache[T]) run(ctx context.Context, f *flight[T], key, folded Key) {
	f.answer = c.loadSafely(ctx, key)
	next := c.land(f, folded)
	close(f.done)
	if next != nil {
		go c.run(ctx, next, key, folded)
	}
}

// land keeps the answer of a load, unless Forget was called meanwhile, and returns the next load.
func (c *Cache[T]) land(f *flight[T], folded Key) (next *flight[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flights.remove(folded.Name, f) {
		c.keepSafely(folded, f.answer)
		if f.next != nil {
			c.flights.add(folded.Name, f.next)
		}
	}
	return f.next
}

// keepSafely is keep, except that an answer at which it panics is not kept.
func (c *Cache[T]) keepSafely(key Key, a answer[T]) {
	defer func() { _ = recover() }()
	c.keep(key, a)
}

// loadSafely turns a panic into an error, which every waiting caller gets. The error omits the
// panic's text, which may quote a value.
func (c *Cache[T]) loadSafely(ctx context.Context, key Key) (a answer[T]) {
	a.readAt = time.Now()
	defer func() {
		if cause := recover(); cause != nil {
			a.err = fmt.Errorf("panic in a load: %T", cause)
		}
	}()
	a.value, a.err = c.load(ctx, key)
	if a.err == nil || !c.policy.Away(a.err) {
		c.hanging.Store(false)
	}
	return a
}

// outlasts waits for a load, and reports whether it takes longer than a caller with an older
// answer should wait.
func (c *Cache[T]) outlasts(ctx context.Context, f *flight[T]) bool {
	if f.done == closed {
		return false
	}
	most := patience
	if c.hanging.Load() {
		most = patienceWhileHanging
	}
	timer := time.NewTimer(time.Until(f.asked.Add(most)))
	defer timer.Stop()
	select {
	case <-f.done:
		return false
	case <-ctx.Done():
		return false
	case <-timer.C:
		c.hanging.Store(true)
		return true
	}
}

func (f *flight[T]) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
