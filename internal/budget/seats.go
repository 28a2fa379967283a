package budget

import (
	"context"
	"net/http"
	"sync"
	"time"

	"rotunda/internal/fair"
)

// Seats are taken by requests whose work needs much memory, a few at a time. Free seats go to the
// callers in turn, so that one with many requests does not keep the seats from others. Use
// NewSeats.
type Seats struct {
	mu    sync.Mutex
	free  int
	queue fair.Queue
}

const (
	// maxWait bounds how long a request waits for a seat.
	maxWait = 30 * time.Second
	// places is how many requests may wait for a seat, half of them for one caller.
	places = 64 << 10
)

// NewSeats returns n free seats.
func NewSeats(n int) *Seats { return &Seats{free: n, queue: fair.NewQueue(places)} }

// Take waits for a seat. The caller calls leave, once or more often, when it no longer needs the
// memory.
func (s *Seats) Take(ctx context.Context) (leave func(), err error) {
	w, err := s.takeOrJoin(fair.ShareOf(ctx, ""))
	if err != nil {
		return nil, err
	}
	if w != nil {
		if err := s.wait(ctx, w); err != nil {
			return nil, err
		}
	}
	return sync.OnceFunc(s.leave), nil
}

// takeOrJoin returns nil and no error if it took a seat.
func (s *Seats) takeOrJoin(of fair.Share) (*fair.Waiter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.free > 0: // then nobody waits
		s.free--
		return nil, nil
	case !s.queue.HasPlace(of):
		return nil, Busy()
	}
	return s.queue.Join(of), nil
}

func (s *Seats) wait(ctx context.Context, w *fair.Waiter) error {
	tooLong := time.NewTimer(maxWait)
	defer tooLong.Stop()
	select {
	case <-w.Turn:
		return nil
	case <-ctx.Done():
		s.giveUp(w)
		return ctx.Err()
	case <-tooLong.C:
		s.giveUp(w)
		return Busy()
	}
}

// giveUp stops waiting. If the turn has come at the same moment, the seat goes to the next one.
func (s *Seats) giveUp(w *fair.Waiter) {
	s.mu.Lock()
	waited := s.queue.Leave(w)
	s.mu.Unlock()
	if !waited {
		s.leave()
	}
}

// leave gives the seat to the next one that waits.
func (s *Seats) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue.Len() > 0 {
		s.queue.Next()
		return
	}
	s.free++
}

// LeaveAtResponse returns a ResponseWriter that calls leave when the response begins. From then on
// the response is in memory, where Bytes count it, and a caller that reads slowly takes no seat.
func LeaveAtResponse(w http.ResponseWriter, leave func()) http.ResponseWriter {
	return leaving{w, leave}
}

type leaving struct {
	http.ResponseWriter
	leave func()
}

func (l leaving) WriteHeader(status int) {
	l.leave()
	l.ResponseWriter.WriteHeader(status)
}

func (l leaving) Write(text []byte) (int, error) {
	l.leave()
	return l.ResponseWriter.Write(text)
}
