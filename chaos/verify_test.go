package chaos_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// result is the outcome for a fleet.
type result struct {
	rotations, again, abandoned, logins, failed, late, lost int
	seen, reported                                          []time.Duration // exposures, as measured by readers and by the engine
}

// verify checks the final state.
func (s *storm) verify(t *testing.T, kills, seed uint64) {
	t.Helper()
	results, values := map[*fleet]*result{}, []string{}
	s.odd = map[string]int{}
	for _, f := range s.fleets {
		results[f] = &result{}
	}
	for _, r := range s.readers {
		values = append(values, s.verifySecret(t, r, results[r.fleet])...)
	}
	for _, f := range s.fleets {
		if f.class != "S" {
			admin, _ := s.vault.everyValue(t, adminSecret(f.kind))
			values = append(values, admin...)
		}
	}
	for what, n := range s.odd {
		t.Logf("%d times: %s", n, what)
	}
	s.verifyLeaks(t, values)
	if counts := s.failed.String(); counts != "" {
		t.Logf("requests that failed, or whose handler was killed: %d lines, such as %.300s", strings.Count(counts, "\n"), counts)
	}
	for _, f := range s.fleets {
		// A record sent by a killed handler may arrive late; then one operation yields. That is
		// rare.
		if r := results[f]; r.abandoned > 1+r.rotations/20 {
			t.Errorf("%s %s: %d operations were abandoned although nobody else was working on them", f.kind, f.class, r.abandoned)
		}
	}
	s.print(results, kills, seed)
}

// verifySecret checks that the latest version logs in and no older one does, that every operation
// is closed, and that no reader was rejected.
func (s *storm) verifySecret(t *testing.T, r *reader, sum *result) (values []string) {
	t.Helper()
	for i, failure := range r.failures {
		if i < 5 {
			t.Errorf("a reader was rejected: %s", failure)
		}
	}
	sum.logins, sum.failed, sum.late = sum.logins+r.logins, sum.failed+len(r.failures), sum.late+r.late
	sum.seen = append(sum.seen, r.exposed...)
	for _, why := range r.why {
		t.Log(why)
	}
	latest, err := s.vault.latest(t.Context(), r.name)
	if err == nil {
		_, err = r.login(t.Context(), latest.value)
	}
	if err != nil {
		sum.lost++
		t.Errorf("LOST: %s: %v", r.name, err)
	}
	status, text, err := s.handlers[0].status(t.Context(), r.name)
	if err != nil || !slices.Contains([]string{"closed", "none"}, status.State) {
		t.Errorf("%s: %s %v", r.name, text, err)
	}
	_, _ = fmt.Fprintln(&s.answers, text)
	operations := s.verifyRecords(t, r, sum)
	values, tags := s.vault.everyValue(t, r.name)
	_, _ = fmt.Fprintln(&s.answers, tags)
	sum.rotations += len(operations)
	if versions := strings.Count(tags, "rot-op="); versions > len(operations) {
		sum.again += versions - len(operations)
	} else if versions < len(operations) {
		t.Errorf("%s: %d versions of %d rotations", r.name, versions, len(operations))
	}
	for _, value := range values {
		if value == latest.value {
			continue
		}
		if rejected, err := r.login(t.Context(), value); !rejected {
			t.Errorf("%s: an older version is not rejected: %v", r.name, err)
		}
	}
	return values
}

// verifyRecords returns the recorded operations that ended by publishing. Each must be closed. A
// record may have been written twice, so one of its versions is enough.
func (s *storm) verifyRecords(t *testing.T, r *reader, sum *result) []string {
	t.Helper()
	ends := map[string]string{}
	pages := s.vault.NewListSecretPropertiesVersionsPager(r.name+"--pending", nil)
	for pages.More() {
		page, err := pages.NextPage(context.WithoutCancel(t.Context()))
		if isNotFound(err) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range page.Value {
			for name := range entry.Tags {
				_, _ = fmt.Fprintln(&s.answers, tag(entry.Tags, name))
			}
			operation, state := tag(entry.Tags, "rot-op"), tag(entry.Tags, "rot-state")
			if ends[operation] == "closed" {
				continue
			}
			ends[operation] = state
			if reason := tag(entry.Tags, "rot-reason"); state != "closed" || reason != "" {
				s.odd[fmt.Sprintf("%s %s: an operation ended as %s, %s", r.kind, r.class, state, reason)]++
			}
			if ms, err := strconv.Atoi(tag(entry.Tags, "rot-exposure-ms")); err == nil {
				sum.reported = append(sum.reported, time.Duration(ms)*time.Millisecond)
			}
		}
	}
	sum.abandoned += len(ends)
	maps.DeleteFunc(ends, func(_, state string) bool { return state == "abandoned" })
	sum.abandoned -= len(ends)
	for operation, state := range ends {
		if state != "closed" {
			t.Errorf("%s: operation %s ended as %s", r.name, operation, state)
		}
	}
	return slices.Collect(maps.Keys(ends))
}
