package keyvault

import (
	"maps"
	"sync"
)

// Counts are the numbers of events since the start, or since ResetCounts.
type Counts struct {
	// Calls are those of authenticated callers, by operation (OperationNames, or "unknown"),
	// including rejected ones.
	Calls map[string]int64 `json:"calls"`
	// Challenges are the 401 responses.
	Challenges int64 `json:"challenges"`
	// InFlight are the requests in progress.
	InFlight int64 `json:"inFlight"`
	// PeakInFlight is the maximum of InFlight.
	PeakInFlight int64 `json:"peakInFlight"`
}

type counter struct {
	mu     sync.Mutex
	counts Counts
}

// Counts returns a copy.
func (s *Server) Counts() Counts {
	s.counter.mu.Lock()
	defer s.counter.mu.Unlock()
	counts := s.counter.counts
	counts.Calls = maps.Clone(counts.Calls)
	if counts.Calls == nil {
		counts.Calls = map[string]int64{}
	}
	return counts
}

// ResetCounts resets all counts except InFlight.
func (s *Server) ResetCounts() {
	s.counter.mu.Lock()
	defer s.counter.mu.Unlock()
	inFlight := s.counter.counts.InFlight
	s.counter.counts = Counts{InFlight: inFlight, PeakInFlight: inFlight}
}

func (c *counter) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.InFlight++
	c.counts.PeakInFlight = max(c.counts.PeakInFlight, c.counts.InFlight)
}

func (c *counter) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.InFlight--
}

func (c *counter) challenged() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Challenges++
}

func (c *counter) called(operation string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts.Calls == nil {
		c.counts.Calls = map[string]int64{}
	}
	c.counts.Calls[operation]++
}
