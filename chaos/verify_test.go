package chaos_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/wiretest"
)

// result is the outcome for a fleet.
type result struct {
	rotations, again, abandoned, logins, failed, late, lost int
	cached, unreachable, unserved                           int             // logins with what a handler answered, and reads without such an answer
	seen, seenCached, reported                              []time.Duration // exposures, as measured by readers and by the engine
}

// verify checks the final state.
func (s *storm) verify(t *testing.T, kills, seed uint64) {
	t.Helper()
	results, values := map[*fleet]*result{}, []string{}
	s.odd, s.ends = map[string]int{}, map[string]end{}
	for _, f := range s.fleets {
		results[f] = &result{}
	}
	for _, r := range s.readers {
		s.verifyReader(t, r, results[r.fleet])
	}
	for _, f := range s.fleets {
		for _, name := range f.names {
			values = append(values, s.verifySecret(t, f, name, results[f])...)
		}
		if f.admin != "" { // a root is not among the fleets
			admin, _ := s.vault.everyValue(t, f.admin)
			values = append(values, admin...)
		}
	}
	for what, n := range s.odd {
		t.Logf("%d times: %s", n, what)
	}
	s.verifyLeaks(t, values)
	s.verifyMemory(t)
	if counts := s.failed.String(); counts != "" {
		t.Logf("requests that failed, or whose handler was killed: %d lines, such as %.300s", strings.Count(counts, "\n"), counts)
	}
	for _, f := range s.fleets {
		// A record sent by a killed handler may arrive late; then one operation yields. That is
		// rare.
		r := results[f]
		if r.abandoned > 1+r.rotations/20 {
			t.Errorf("%s: %d operations were abandoned although nobody else was working on them", f, r.abandoned)
		}
		if r.unserved > 10+r.cached/50 {
			t.Errorf("%s: %d reads were not answered, and %d were", f, r.unserved, r.cached)
		}
	}
	s.print(results, kills, seed)
}

// mostMemory bounds a handler, whatever a rogue sends.
const mostMemory = 256 << 20

func (s *storm) verifyMemory(t *testing.T) {
	t.Helper()
	for _, h := range append(slices.Clone(s.handlers), s.serving) {
		h.kill()
		if t.Logf("the handler at %s took %d MiB at most", h.url, h.peak>>20); h.peak > mostMemory && !wiretest.Raced() {
			t.Errorf("more than %d MiB", mostMemory>>20)
		}
	}
}

// verifyReader checks that no login failed that should not.
func (s *storm) verifyReader(t *testing.T, r *reader, sum *result) {
	t.Helper()
	for i, failure := range r.failures {
		if i < 5 {
			t.Errorf("a reader failed: %s", failure)
		}
	}
	sum.failed, sum.late, sum.unreachable, sum.unserved = sum.failed+len(r.failures), sum.late+r.late, sum.unreachable+r.unreachable, sum.unserved+r.unserved
	if r.through == nil {
		sum.logins, sum.seen = sum.logins+r.logins, append(sum.seen, r.exposed...)
	} else {
		sum.cached, sum.seenCached = sum.cached+r.logins, append(sum.seenCached, r.exposed...)
	}
	for _, why := range r.why {
		t.Log(why)
	}
}

// verifySecret checks that the latest version logs in and no older one does, and that every
// operation is closed.
func (s *storm) verifySecret(t *testing.T, f *fleet, name string, sum *result) (values []string) {
	t.Helper()
	latest, err := s.vault.latest(t.Context(), name)
	if err == nil {
		_, err = f.login(t.Context(), latest.value)
	}
	if err != nil {
		sum.lost++
		t.Errorf("LOST: %s: %v", name, err)
	}
	status, text, err := s.handlers[0].status(t.Context(), name)
	if err != nil || !slices.Contains([]string{"closed", "none"}, status.State) {
		t.Errorf("%s: %s %v", name, text, err)
	}
	_, _ = fmt.Fprintln(&s.answers, text)
	operations := s.verifyRecords(t, f, name, sum)
	values, tags := s.vault.everyValue(t, name)
	_, _ = fmt.Fprintln(&s.answers, tags)
	sum.rotations += len(operations)
	if versions := strings.Count(tags, "rot-op="); versions > len(operations) {
		sum.again += versions - len(operations)
	} else if versions < len(operations) {
		t.Errorf("%s: %d versions of %d rotations", name, versions, len(operations))
	}
	for _, value := range values {
		if value == latest.value {
			continue
		}
		if rejected, err := f.login(t.Context(), value); !rejected {
			t.Errorf("%s: an older version is not rejected: %v", name, err)
		}
	}
	return values
}
