package answer

import (
	"context"
	"slices"
	"sync"
)

// Attempts are the attempts that outlive the requests which started them. The zero value is
// usable.
type Attempts struct {
	mu      sync.Mutex
	running []string      // the names of their secrets
	none    chan struct{} // closed when the last one ends; nil if nobody waits
}

func (a *Attempts) begin(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running = append(a.running, name)
}

func (a *Attempts) end(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.Index(a.running, name)
	a.running = slices.Delete(a.running, i, i+1)
	if len(a.running) == 0 && a.none != nil {
		close(a.none)
		a.none = nil
	}
}

// Wait waits until no attempt is running, or until ctx ends. It returns the names of the secrets
// whose attempts are still running.
func (a *Attempts) Wait(ctx context.Context) (running []string) {
	select {
	case <-a.ended():
	case <-ctx.Done():
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.running)
}

// ended returns a channel that is closed when no attempt is running.
func (a *Attempts) ended() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.running) == 0 {
		none := make(chan struct{})
		close(none)
		return none
	}
	if a.none == nil {
		a.none = make(chan struct{})
	}
	return a.none
}
