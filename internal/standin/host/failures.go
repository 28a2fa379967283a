package host

import "time"

const (
	allowedFailures = 3                // the last of them stops the host
	failureMemory   = 30 * time.Minute // a failure later than this after the one before it begins a new count
)

// failures counts the handler's bad ends. Source: Workers/Http/HttpFunctionInvocationDispatcher.cs (AddOrUpdateErrorBucket).
type failures struct {
	count int
	last  time.Time
}

// add counts one more, and tells whether it is one too many.
func (f *failures) add(now time.Time) bool {
	if now.Sub(f.last) > failureMemory {
		f.count = 0
	}
	f.count, f.last = f.count+1, now
	return f.count >= allowedFailures
}
