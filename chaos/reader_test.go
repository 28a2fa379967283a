package chaos_test

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// reader is an application: it logs in with its secret's latest version, again and again.
type reader struct {
	*fleet
	vault vault
	name  string

	mu        sync.Mutex
	logins    int
	failures  []string        // that should not be
	exposed   []time.Duration // class S: from a login that failed to the next that did not
	late      int             // logins that failed with a value read so long ago that its grace may have ended
	exposedAt time.Time
	why       []string // of exposures that are long: what the record says meanwhile
	record    record
}

// long is an exposure that wants an explanation.
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

// judge keeps account of a login.
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

// isBase tells whether a version is the one that a rotation replaces: in class S it may then not log in, until the new one is
// published.
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
