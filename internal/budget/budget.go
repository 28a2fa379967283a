// Package budget bounds the memory that one process uses for one purpose, however many callers it
// has.
package budget

import (
	"sync"

	"rotunda/internal/fair"
	"rotunda/internal/secret"
)

// Bytes counts bytes that are held in memory. Use NewBytes.
type Bytes struct {
	most int

	mu   sync.Mutex
	held int
	by   map[fair.Share]int
}

// NewBytes returns a Bytes of which at most so many are held at the same time.
func NewBytes(most int) *Bytes { return &Bytes{most: most, by: map[fair.Share]int{}} }

// timesFree bounds what a share holds by what is free: with 4, it may hold four fifths alone. That
// is enough for the largest backup, and leaves room for others (Choudhury and Hahne, Dynamic Queue
// Length Thresholds, 1998).
const timesFree = 4

// Take reports whether n more bytes may be held for a share. If nothing is held, any number may
// be, so that a single large piece is never refused.
func (b *Bytes) Take(of fair.Share, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if free := b.most - b.held; b.held > 0 && (n > free || b.by[of]+n > timesFree*free) {
		return false
	}
	b.held += n
	b.by[of] += n
	return true
}

// Return gives back n bytes that Take granted.
func (b *Bytes) Return(of fair.Share, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= n
	if b.by[of] -= n; b.by[of] == 0 {
		delete(b.by, of)
	}
}

// Busy returns the refusal of a request for which there is no room at the moment.
func Busy() *secret.Problem {
	return secret.Problemf(secret.ErrBusy, "The app holds as much as it may for other requests. Try again after the time in Retry-After.")
}
