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

// board joins the load of a key that is under way, or starts one.
func (c *Cache[T]) board(key, folded Key) *flight[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.flights[folded]; f != nil {
		return f
	}
	f := &flight[T]{done: make(chan struct{})}
	c.flights[folded] = f
	go c.fly(f, key, folded)
	return f
}

// boardNext joins a load that has not begun yet, or starts one.
func (c *Cache[T]) boardNext(key, folded Key) *flight[T] {
	c.mu.Lock()
	f := c.flights[folded]
	if f == nil {
		c.mu.Unlock()
		return c.board(key, folded)
	}
	defer c.mu.Unlock()
	if f.next == nil {
		f.next = &flight[T]{done: make(chan struct{})}
	}
	return f.next
}

// fly loads, and starts the next one of the same key. It runs apart from its callers: none of
// their ends is its own.
func (c *Cache[T]) fly(f *flight[T], key, folded Key) {
	f.answer = c.loadSafely(key)
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
		c.fly(next, key, folded)
	}
}

// loadSafely turns a panic into an error: this goroutine has no other net. The panic's text stays
// out, as it may quote a value.
func (c *Cache[T]) loadSafely(key Key) (a answer[T]) {
	a.readAt = time.Now()
	defer func() {
		if cause := recover(); cause != nil {
			a.err = fmt.Errorf("panic in a load: %T", cause)
		}
	}()
	a.value, a.err = c.load(context.Background(), key)
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
