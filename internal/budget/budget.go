// Package budget bounds the memory that one process uses for one purpose, however many callers it
// has.
package budget

import (
	"sync/atomic"

	"rotunda/internal/secret"
)

// Bytes counts bytes that are held in memory. Use NewBytes.
type Bytes struct {
	most int64
	held atomic.Int64
}

// NewBytes returns a Bytes of which at most so many are held at the same time.
func NewBytes(most int) *Bytes { return &Bytes{most: int64(most)} }

// Take reports whether n more bytes may be held. If nothing is held, any number may be, so that a
// single large piece is never refused.
func (b *Bytes) Take(n int) bool {
	for {
		held := b.held.Load()
		next := held + int64(n)
		if held > 0 && next > b.most {
			return false
		}
		if b.held.CompareAndSwap(held, next) {
			return true
		}
	}
}

// Return gives back n bytes that Take granted.
func (b *Bytes) Return(n int) { b.held.Add(-int64(n)) }

// Busy returns the refusal of a request for which there is no room at the moment.
func Busy() *secret.Problem {
	return secret.Problemf(secret.ErrBusy, "The app holds as much as it may for other requests. Try again after the time in Retry-After.")
}
