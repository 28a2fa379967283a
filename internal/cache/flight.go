package cache

import (
	"context"
	"fmt"
	"time"
)

// flight is one load that any number of callers wait for.
type flight[T any] struct {
	done   chan struct{}
	next   *flight[T] // begins when this one is done; for those who must not have an older answer
	answer answer[T]  // set before done is closed
}

// board joins the load of a key that is under way, or loads, on the caller's own goroutine: to hand
// over to another one and back costs more than all the rest of it. A caller that joins may leave;
// one that loads stays to the end, as others may wait for it.
func (c *Cache[T]) board(ctx context.Context, key, folded Key) *flight[T] {
	c.mu.Lock()
	f := c.flights[folded]
	if f != nil {
		c.mu.Unlock()
		return f
	}
	f = &flight[T]{done: make(chan struct{})}
	c.flights[folded] = f
	c.mu.Unlock()
	c.fly(context.WithoutCancel(ctx), f, key, folded)
	return f
}

// boardNext joins a load that has not begun yet, or loads.
func (c *Cache[T]) boardNext(ctx context.Context, key, folded Key) *flight[T] {
	c.mu.Lock()
	f := c.flights[folded]
	if f == nil {
		c.mu.Unlock()
		return c.board(ctx, key, folded)
	}
	defer c.mu.Unlock()
	if f.next == nil {
		f.next = &flight[T]{done: make(chan struct{})}
	}
	return f.next
}

// fly loads, and starts the next load of the same key.
func (c *Cache[T]) fly(ctx context.Context, f *flight[T], key, folded Key) {
	f.answer = c.loadSafely(ctx, key)
	c.mu.Lock()
	if c.flights[folded] == f { // else it was forgotten meanwhile
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
		go c.fly(ctx, next, key, folded)
	}
}

// loadSafely turns a panic into an error, for all who wait. The panic's text stays out, as it may
// quote a value.
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
