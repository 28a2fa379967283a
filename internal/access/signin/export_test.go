package signin

import (
	"time"

	"rotunda/internal/access"
)

// Remember keeps a token as if it had been checked.
func (t *Tokens) Remember(token string, caller *access.Caller) {
	t.kept.add(t.kept.digest(token), verified{caller: caller, until: time.Now().Add(time.Hour), key: &key{}, ring: t.rings[0]})
}

// Stop stops the goroutines of what is kept, which must not outlive a synctest bubble.
func (t *Tokens) Stop() { t.kept.tokens.StopAllGoroutines() }

// Kept returns how many tokens are remembered.
func (t *Tokens) Kept() int {
	t.kept.tokens.CleanUp()
	return t.kept.tokens.EstimatedSize()
}

// Forget forgets all tokens, so that the next request with one is checked again.
func (t *Tokens) Forget() { t.kept.tokens.InvalidateAll() }
