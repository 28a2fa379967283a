package cache

// Settle waits for the evictions that the store does in the background.
func (c *Cache[T]) Settle() { c.kept.CleanUp() }

// Stop stops the store's goroutines, which must not outlive a synctest bubble.
func (c *Cache[T]) Stop() {
	if c.kept != nil {
		c.kept.StopAllGoroutines()
	}
}

// Marks returns how many names something was said of.
func (c *Cache[T]) Marks() int { return len(c.bypassed) + len(c.expected) }

// Versions returns how many versions are remembered for Forget.
func (c *Cache[T]) Versions() int {
	total := 0
	for _, of := range c.versions {
		total += len(of)
	}
	return total
}
