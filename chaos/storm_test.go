package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rotunda/internal/wiretest"
)

// storm is the handlers that are killed while they rotate, and what is counted about them.
type storm struct {
	vault    vault
	ledger   *ledger
	handlers []*handler
	serving  *handler // only serves readers: it hears of rotations from the vault alone
	fleets   []*fleet
	rogue    *rogue
	readers  []*reader
	spans    spans

	kills    atomic.Int64 // still to do
	hits     hits
	ends     map[string]end // by operation
	odd      map[string]int // unusual ends of operations
	answers  wiretest.Log   // all responses of handlers
	messages wiretest.Log   // all queue messages
	failed   wiretest.Log   // requests that failed

	dueTogether, resumed atomic.Int64
}

// progressEvery is how many kills are between two lines about the progress of a run.
const progressEvery = 50

// killer kills one handler at a random moment of a rotation and restarts it, until no kills are
// left. Later moments are likelier: most of the time goes by before anything is written.
func (s *storm) killer(t *testing.T, h *handler, random *rand.Rand) {
	ctx := t.Context()
	for left := s.kills.Add(-1); left >= 0; left = s.kills.Add(-1) {
		if left%progressEvery == 0 {
			t.Logf("%s: %d kills to go", time.Now().Format(time.TimeOnly), left)
		}
		aimed := s.pick(ctx, random)
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.bring(ctx, h, aimed)
		}()
		every(ctx, time.Duration(max(random.Float64(), random.Float64())*1.1*float64(s.spans.of(aimed))))
		h.kill()
		<-done
		at := time.Now()
		phase, operation := s.phase(ctx, aimed)
		s.hits.add(hit{aimed.fleet, phase, operation, at})
		if err := h.start(); err != nil {
			t.Error(err)
			return
		}
		every(ctx, time.Duration(random.Int64N(int64(400*time.Millisecond)))) // others continue meanwhile
	}
}

// aim is a secret whose rotation is advanced: a new one is started, or the previous credential
// retired.
type aim struct {
	*fleet
	name      string
	operation string // of the previous record
	continues bool
}

func (a aim) String() string {
	if a.continues {
		return a.fleet.String() + ", going on"
	}
	return a.fleet.String()
}

// pick returns a secret of a random fleet that can be advanced.
func (s *storm) pick(ctx context.Context, random *rand.Rand) aim {
	for {
		f := s.fleets[random.IntN(len(s.fleets))]
		var free, open []aim
		for _, name := range f.names {
			record, err := s.vault.record(ctx, name)
			switch a := (aim{f, name, record.Operation, false}); {
			case err != nil || time.Now().Before(record.next) || record.state == "attention":
			case record.Operation == "" || record.state == "closed" && time.Since(record.since) > cooldown:
				free = append(free, a)
			case record.state != "closed" && time.Now().After(record.retireAt):
				a.continues = true
				open = append(open, a)
			}
		}
		if len(open) > 0 && (len(free) == 0 || random.IntN(3) == 0) {
			free = open
		}
		if len(free) > 0 {
			return free[random.IntN(len(free))]
		}
		every(ctx, 20*time.Millisecond)
	}
}

// bring advances a rotation through a handler, and measures how long that takes if the handler is
// not killed.
func (s *storm) bring(ctx context.Context, h *handler, a aim) {
	began := time.Now()
	if a.continues {
		if err := h.rotateDue(ctx, `{"name":"`+a.name+`"}`); err == nil {
			s.spans.add(a, time.Since(began))
		}
		return
	}
	got, err := h.rotate(ctx, a.name)
	_, _ = s.answers.Write(got.body)
	switch {
	case err == nil && got.status == 200:
		s.spans.add(a, time.Since(began))
	case err == nil && !slices.Contains([]int{202, 409}, got.status):
		_, _ = fmt.Fprintf(&s.failed, "rotate %s: %d %s\n", a.name, got.status, got.body)
	}
}

// spans are how long rotations take without a kill.
type spans struct {
	mu sync.Mutex
	by map[string][]time.Duration
}

func (s *spans) add(a aim, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[string][]time.Duration{}
	}
	last := append(s.by[a.String()], took)
	s.by[a.String()] = last[max(0, len(last)-20):]
}

// of returns the median of the last ones.
func (s *spans) of(a aim) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := slices.Sorted(slices.Values(s.by[a.String()]))
	if len(last) == 0 {
		return 100 * time.Millisecond
	}
	return last[len(last)/2]
}
