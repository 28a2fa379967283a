package signin

// Stop stops the goroutines of what is kept, which must not outlive a synctest bubble.
func (t *Tokens) Stop() { t.kept.tokens.StopAllGoroutines() }

// Kept returns how many tokens are remembered.
func (t *Tokens) Kept() int {
	t.kept.tokens.CleanUp()
	return t.kept.tokens.EstimatedSize()
}

// Forget forgets all tokens, so that the next request with one is checked again.
func (t *Tokens) Forget() { t.kept.tokens.InvalidateAll() }
