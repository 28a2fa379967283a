package keyvault

import (
	"maps"
	"sync"
)

// Counts are what has happened since the start, or since ResetCounts.
type Counts struct {
	// Calls are those of signed-in callers, by operation (OperationNames, or "unknown"), the refused ones included.
	Calls map[string]int64 `json:"calls"`
	// Challenges are the answers 401.
	Challenges int64 `json:"challenges"`
	// InFlight are the requests that are being answered.
	InFlight int64 `json:"inFlight"`
	// PeakInFlight is the most that InFlight has been.
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

// ResetCounts begins all counts anew, but for what is in flight.
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
