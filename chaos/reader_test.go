package chaos_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"rotunda/internal/wiretest"
)

// reader is an application that repeatedly logs in with its secret's latest version. It reads the
// vault, or a handler, which may answer from its cache.
type reader struct {
	*fleet
	vault    vault
	name     string
	through  *handler // nil for the vault itself
	replaced func(version string) time.Time

	mu          sync.Mutex
	logins      int
	unreachable int             // reads of a handler that was killed
	unserved    int             // reads that a handler could not answer, as the vault was slow
	failures    []string        // unexpected ones
	exposed     []time.Duration // class S: from a failed login to the next successful one
	late        int             // failed logins with a value read so long ago that its grace period may have ended
	exposedAt   time.Time
	why         []string // the records during long exposures
	record      record
}

// long is an exposure that needs an explanation.
const long = 2 * time.Second

func (r *reader) run(ctx context.Context) {
	for every(ctx, r.pause()) {
		read := time.Now()
		found, err := r.read(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.fail("%v", err)
			continue
		case found.id == "":
			continue // counted
		}
		r.checkAge(ctx, found, read)
		began := time.Now()
		rejected, err := r.login(ctx, found.value)
		if ctx.Err() != nil {
			return
		}
		r.judge(ctx, found, read, began, rejected, err)
	}
}

// pause is longer through a handler: the readers of the vault see every moment as it is. It is
// longer with the race detector, which makes everything slow.
func (r *reader) pause() time.Duration {
	pause := r.pace
	if r.through != nil {
		pause *= 2
	}
	if wiretest.Raced() {
		pause *= 2
	}
	return pause
}

// kept is how old a value may be when it is read.
func (r *reader) kept() time.Duration {
	if r.through != nil {
		return cacheKeeps
	}
	return 0
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
	case time.Since(read) > (grace-r.kept())/2:
		r.late++
	case r.class == "S" && rejected && r.mayBeRejected(ctx, found.id, read):
		if r.exposedAt.IsZero() {
			r.exposedAt = began
		}
	default:
		r.failures = append(r.failures, fmt.Sprintf("%s %s: version %s (of %s), read %s before the login: %v",
			time.Now().Format(time.RFC3339Nano), r, found.id, found.operation, began.Sub(read), err))
	}
}

// mayBeRejected reports whether a rotation in class S is replacing a version, or has replaced it
// so recently that a cache may hold it.
func (r *reader) mayBeRejected(ctx context.Context, id string, read time.Time) bool {
	found, err := r.vault.record(ctx, r.name)
	if err != nil || found.Base != id {
		return false
	}
	r.record = found
	at := r.replaced(id)
	return at.IsZero() || read.Before(at.Add(r.kept()+slack))
}

// slack allows for a busy machine: for reads that began before a version was replaced and took
// long.
const slack = 500 * time.Millisecond

// checkAge checks that a version was not replaced longer ago than a cache may keep it.
func (r *reader) checkAge(ctx context.Context, found version, read time.Time) {
	at := r.replaced(found.id)
	if at.IsZero() || read.Before(at.Add(r.kept()+slack)) {
		return
	}
	if latest, err := r.vault.latest(ctx, r.name); err == nil && latest.id != found.id {
		r.fail("version %s was read %s after it was replaced", found.id, read.Sub(at))
	}
}

func (r *reader) fail(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, r.String()+": "+fmt.Sprintf(format, args...))
}

func (r *reader) String() string {
	if r.through != nil {
		return r.kind + " " + r.name + " through " + r.through.url
	}
	return r.kind + " " + r.name
}
