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

// landed is the channel of a flight that is over.
var landed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// board joins the load of a key that is under way, or loads. It looks into memory once more: a load
// may have ended since the caller looked.
func (c *Cache[T]) board(ctx context.Context, key, folded Key) *flight[T] {
	c.mu.Lock()
	if f := c.flights[folded]; f != nil {
		c.mu.Unlock()
		return f
	}
	if found, ok := c.peek(folded); ok && time.Now().Before(found.freshUntil) {
		c.mu.Unlock()
		return &flight[T]{done: landed, answer: found}
	}
	return c.takeOff(ctx, key, folded)
}

// takeOff loads, on the caller's own goroutine: to hand over to another one and back costs more than
// all the rest of it. A caller that joins may leave; one that loads stays to the end, as others may
// wait for it. It is called with the mutex held, and gives it back.
func (c *Cache[T]) takeOff(ctx context.Context, key, folded Key) *flight[T] {
	f := &flight[T]{done: make(chan struct{})}
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
		return c.takeOff(ctx, key, folded)
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
