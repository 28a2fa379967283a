package keyvault

import (
	"context"
	"sync"
)

// subscribers receive events. Each has its own queue, so that none waits for another.
type subscribers struct {
	mu     sync.Mutex
	all    map[*subscriber]bool
	closed bool
}

type subscriber struct {
	deliver func(context.Context, Event)
	ctx     context.Context // ends with the subscription
	end     context.CancelFunc
	ended   chan struct{}

	mu      sync.Mutex
	waiting []Event
	more    chan struct{} // holds one element if there may be events
}

// Subscribe calls deliver with each event, one after the other, about versions that are written
// from now on. Writes don't wait for it. Its context ends with the subscription, by unsubscribe
// or Close; both wait for deliver to return, and drop the remaining events.
func (s *Server) Subscribe(deliver func(context.Context, Event)) (unsubscribe func()) {
	one := &subscriber{deliver: deliver, ended: make(chan struct{}), more: make(chan struct{}, 1)}
	one.ctx, one.end = context.WithCancel(context.Background())
	s.subscribers.add(one)
	return func() { s.subscribers.remove(one) }
}

func (s *subscribers) add(one *subscriber) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		one.end()
	}
	if s.all == nil {
		s.all = map[*subscriber]bool{}
	}
	s.all[one] = true
	go one.run()
}

func (s *subscribers) remove(one *subscriber) {
	s.mu.Lock()
	delete(s.all, one)
	s.mu.Unlock()
	one.end()
	<-one.ended
}

func (s *subscribers) close() {
	s.mu.Lock()
	s.closed = true
	all := s.all
	s.all = nil
	s.mu.Unlock()
	for one := range all {
		one.end()
		<-one.ended
	}
}

func (s *subscribers) any() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all) > 0
}

func (s *subscribers) publish(event Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for one := range s.all {
		one.add(event)
	}
}

func (s *subscriber) add(event Event) {
	s.mu.Lock()
	s.waiting = append(s.waiting, event)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

func (s *subscriber) take() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.waiting
	s.waiting = nil
	return taken
}

func (s *subscriber) run() {
	defer close(s.ended)
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.more:
		}
		for _, event := range s.take() {
			if s.ctx.Err() != nil {
				return
			}
			s.deliver(s.ctx, event)
		}
	}
}
