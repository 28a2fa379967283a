package arm

import (
	"maps"
	"sync"
)

// counter counts calls by operation.
type counter struct {
	mu     sync.Mutex
	counts map[string]int64
}

func (c *counter) count(operation string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int64{}
	}
	c.counts[operation]++
}

func (c *counter) current() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.counts)
}

func (c *counter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts = nil
}

// Counts returns how many calls each resource has received with valid tokens, by operation. A
// resource without calls is left out.
func (s *Server) Counts() map[string]map[string]int64 {
	found := map[string]map[string]int64{} // not nil: JSON shows {}
	for _, r := range s.all() {
		if counts := r.counter.current(); len(counts) > 0 {
			found[r.id.text] = counts
		}
	}
	return found
}

// ResetCounts resets the counts.
func (s *Server) ResetCounts() {
	for _, r := range s.all() {
		r.counter.reset()
	}
}
