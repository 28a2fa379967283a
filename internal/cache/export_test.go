package cache

// Settle waits for the evictions that the store does in the background.
func (c *Cache[T]) Settle() { c.kept.CleanUp() }

// Stop stops the store's goroutines, which must not outlive a synctest bubble.
func (c *Cache[T]) Stop() {
	if c.kept != nil {
		c.kept.StopAllGoroutines()
	}
}
