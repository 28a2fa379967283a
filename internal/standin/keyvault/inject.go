package keyvault

import (
	"context"
	"slices"
	"sync"
	"time"
)

// injector holds the current faults, and counts down those with a number of times.
type injector struct {
	mu  sync.Mutex
	set Faults
}

// Faults returns the current faults, each with the remaining number of times.
func (s *Server) Faults() Faults {
	f := s.faults.current()
	f.Calls = s.faults.calls()
	return f
}

// SetFaults replaces the current faults with f. It returns an error if f is not valid.
func (s *Server) SetFaults(f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	f.Calls = slices.Clone(f.Calls)
	s.faults.mu.Lock()
	s.faults.set = f
	s.faults.mu.Unlock()
	s.windows.shorten(map[process]int{deleting: f.AfterDelete, recovering: f.AfterRecover, purging: f.AfterPurge})
	return nil
}

// current returns the faults without Calls.
func (i *injector) current() Faults {
	i.mu.Lock()
	defer i.mu.Unlock()
	f := i.set
	f.Calls = nil
	return f
}

func (i *injector) calls() []Fault {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.set.Calls)
}

// take returns the fault for a call, and counts it. The zero Fault means none.
func (i *injector) take(operation string) Fault {
	i.mu.Lock()
	defer i.mu.Unlock()
	at := slices.IndexFunc(i.set.Calls, func(f Fault) bool {
		return len(f.Operations) == 0 || slices.Contains(f.Operations, operation)
	})
	if at < 0 {
		return Fault{}
	}
	taken := i.set.Calls[at]
	switch taken.Times {
	case 0:
	case 1:
		i.set.Calls = slices.Delete(i.set.Calls, at, at+1)
	default:
		i.set.Calls[at].Times--
	}
	return taken
}

// pause waits, unless the caller has gone.
func pause(ctx context.Context, d Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(time.Duration(d))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
