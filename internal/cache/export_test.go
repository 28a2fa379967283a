package cache

// Settle lets the store finish its evictions, which it does in the background.
func (c *Cache[T]) Settle() { c.kept.CleanUp() }

// Stop ends the store's background work, which a bubble of synctest must not be left with.
func (c *Cache[T]) Stop() {
	if c.kept != nil {
		c.kept.StopAllGoroutines()
	}
}
