package host

import "time"

const (
	allowedFailures = 3                // the third stops the host
	failureMemory   = 30 * time.Minute // a longer pause before a failure starts a new count
)

// failures counts the handler's failed runs.
// Source: Workers/Http/HttpFunctionInvocationDispatcher.cs (AddOrUpdateErrorBucket).
type failures struct {
	count int
	last  time.Time
}

// add counts a failure, and reports whether the host must stop.
func (f *failures) add(now time.Time) bool {
	if now.Sub(f.last) > failureMemory {
		f.count = 0
	}
	f.count, f.last = f.count+1, now
	return f.count >= allowedFailures
}
