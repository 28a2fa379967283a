package chaos_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"
)

// verifyRecords returns the recorded operations that ended by publishing. Each must be closed. A
// record may have been written twice, so one of its versions is enough.
func (s *storm) verifyRecords(t *testing.T, f *fleet, name string, sum *result) []string {
	t.Helper()
	ends := map[string]string{}
	pages := s.vault.NewListSecretPropertiesVersionsPager(name+"--pending", nil)
	for pages.More() {
		page, err := pages.NextPage(context.WithoutCancel(t.Context()))
		if isNotFound(err) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range page.Value {
			for key := range entry.Tags {
				_, _ = fmt.Fprintln(&s.answers, tag(entry.Tags, key))
			}
			operation, state := tag(entry.Tags, "rot-op"), tag(entry.Tags, "rot-state")
			if operation == "" || ends[operation] == "closed" { // without one, an attempt failed before it began
				continue
			}
			ends[operation] = state
			s.ends[operation] = end{state, timeOf(entry.Tags, "rot-last-success"), timeOf(entry.Tags, "rot-since")}
			if reason := tag(entry.Tags, "rot-reason"); state != "closed" || reason != "" {
				s.odd[fmt.Sprintf("%s: an operation ended as %s, %s", f, state, reason)]++
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
			t.Errorf("%s: operation %s ended as %s", name, operation, state)
		}
	}
	return slices.Collect(maps.Keys(ends))
}
