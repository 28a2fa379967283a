package cache

import (
	"context"
	"fmt"
	"time"
)

// flight is one load that any number of callers may wait for.
type flight[T any] struct {
	done   chan struct{}
	next   *flight[T] // begins when this one is done, for callers of GetFresh
	answer answer[T]  // set before done is closed
}

// closed is the channel of a flight that is done.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// join joins the running load of a key, or loads. It checks memory again, because a load may
// have ended since the caller did.
func (c *Cache[T]) join(ctx context.Context, key, folded Key) *flight[T] {
	c.mu.Lock()
	if f := c.flights[folded]; f != nil {
		c.mu.Unlock()
		return f
	}
	if found, ok := c.peek(folded); ok && time.Now().Before(found.freshUntil) {
		c.mu.Unlock()
		return &flight[T]{done: closed, answer: found}
	}
	return c.begin(ctx, key, folded)
}

// begin loads on the caller's own goroutine, because switching to another one and back costs
// more than everything else here. A caller that has joined a load may leave; one that loads
// stays to the end, as others may be waiting. It is called with the mutex held, and unlocks it.
func (c *Cache[T]) begin(ctx context.Context, key, folded Key) *flight[T] {
	f := &flight[T]{done: make(chan struct{})}
	c.flights[folded] = f
	c.mu.Unlock()
	c.run(context.WithoutCancel(ctx), f, key, folded)
	return f
}

// joinNext joins a load that has not begun yet, or loads.
func (c *Cache[T]) joinNext(ctx context.Context, key, folded Key) *flight[T] {
	c.mu.Lock()
	f := c.flights[folded]
	if f == nil {
		return c.begin(ctx, key, folded)
	}
	defer c.mu.Unlock()
	if f.next == nil {
		f.next = &flight[T]{done: make(chan struct{})}
	}
	return f.next
}

// run loads, and starts the next load of the same key.
func (c *Cache[T]) run(ctx context.Context, f *flight[T], key, folded Key) {
	f.answer = c.loadSafely(ctx, key)
	c.mu.Lock()
	if c.flights[folded] == f { // otherwise Forget was called meanwhile
		c.keep(folded, f.answer)
		delete(c.flights, folded)
		if f.next != nil {
			c.flights[folded] = f.next
		}
	}
	next := f.next
	c.mu.Unlock()
	close(f.done)
	if next != nil {
		go c.run(ctx, next, key, folded)
	}
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
	return a
}

func (f *flight[T]) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
