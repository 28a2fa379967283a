package chaos_test

import (
	"context"
	"testing"
	"time"
)

// settlePatience allows for another attempt after a failed one, which the engine delays by a
// minute.
const settlePatience = 6 * time.Minute

// settle waits until sweeps have completed every rotation.
func (s *storm) settle(t *testing.T) {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), settlePatience)
	defer cancel()
	s.resume(ctx, s.handlers[0])
	for every(ctx, 200*time.Millisecond) {
		if open := s.open(t); len(open) == 0 {
			t.Logf("all closed %s after the last kill", time.Since(began).Round(100*time.Millisecond))
			return
		}
	}
	for _, open := range s.open(t) {
		t.Errorf("not closed %s after the last kill: %s", settlePatience, open)
	}
}

// open returns the rotations in progress.
func (s *storm) open(t *testing.T) (open []string) {
	t.Helper()
	for _, f := range s.fleets {
		for _, name := range f.names {
			record, err := s.vault.record(context.WithoutCancel(t.Context()), name)
			if err != nil {
				t.Fatal(err)
			}
			if record.state != "closed" && record.state != "" {
				open = append(open, name+"\n"+record.tags)
			}
		}
	}
	return open
}
