package chaos_test

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// reader is an application that repeatedly logs in with its secret's latest version.
type reader struct {
	*fleet
	vault vault
	name  string

	mu        sync.Mutex
	logins    int
	failures  []string        // unexpected ones
	exposed   []time.Duration // class S: from a failed login to the next successful one
	late      int             // failed logins with a value read so long ago that its grace period may have ended
	exposedAt time.Time
	why       []string // the records during long exposures
	record    record
}

// long is an exposure that needs an explanation.
const long = 2 * time.Second

func (r *reader) run(ctx context.Context) {
	for every(ctx, r.pace) {
		read := time.Now()
		found, err := r.vault.latest(ctx, r.name)
		if err != nil {
			if ctx.Err() == nil {
				r.fail("the vault did not answer: %v", err)
			}
			return
		}
		began := time.Now()
		rejected, err := r.login(ctx, found.value)
		if ctx.Err() != nil {
			return
		}
		r.judge(ctx, found, read, began, rejected, err)
	}
}

// judge records the result of a login.
func (r *reader) judge(ctx context.Context, found version, read, began time.Time, rejected bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logins++
	switch {
	case err == nil:
		if !r.exposedAt.IsZero() {
			took := time.Since(r.exposedAt)
			r.exposed, r.exposedAt = append(r.exposed, took), time.Time{}
			if took > long {
				r.why = append(r.why, fmt.Sprintf("%s was exposed for %s:\n%s", r.name, took, r.record.tags))
			}
		}
	case time.Since(read) > grace/2:
		r.late++
	case r.class == "S" && rejected && r.isBase(ctx, found.id):
		if r.exposedAt.IsZero() {
			r.exposedAt = began
		}
	default:
		r.failures = append(r.failures, fmt.Sprintf("%s %s %s: version %s (of %s), read %s before the login: %v",
			time.Now().Format(time.RFC3339Nano), r.kind, r.name, found.id, found.operation, began.Sub(read), err))
	}
}

// isBase reports whether a rotation is replacing a version: in class S it may be rejected until
// the new one is published.
func (r *reader) isBase(ctx context.Context, id string) bool {
	found, err := r.vault.record(ctx, r.name)
	if err != nil || found.Base != id {
		return false
	}
	r.record = found
	return true
}

func (r *reader) fail(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, r.name+": "+fmt.Sprintf(format, args...))
}
