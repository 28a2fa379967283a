package arm

import (
	"slices"
	"sync"
)

// injector holds the faults of a resource, and counts down those with a number of times.
type injector struct {
	mu  sync.Mutex
	set Faults
}

func (i *injector) replace(f Faults) {
	f.Calls, f.Deny = slices.Clone(f.Calls), slices.Clone(f.Deny)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.set = f
}

func (i *injector) current() Faults {
	i.mu.Lock()
	defer i.mu.Unlock()
	f := i.set
	f.Calls, f.Deny = slices.Clone(f.Calls), slices.Clone(f.Deny)
	return f
}

// busy counts a regeneration, and reports whether it is refused.
func (i *injector) busy() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.set.Busy == 0 {
		return false
	}
	i.set.Busy--
	return true
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
