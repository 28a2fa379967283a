package chaos_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// phase returns how far the rotation was that a kill was aimed at, according to its record, the
// server and the vault. The other handler may have continued it already.
func (s *storm) phase(ctx context.Context, a aim) string {
	record, err := s.vault.record(ctx, a.name)
	if err != nil {
		return "unknown"
	}
	switch {
	case !a.continues && record.Operation == a.operation:
		return "before the record"
	case record.state != "intent":
		return s.settledPhase(record)
	}
	live, err := s.vault.latest(ctx, a.name)
	if err != nil {
		return "unknown"
	}
	if live.operation == record.Operation {
		return "intent: published"
	}
	if _, err := a.login(ctx, record.Value); err != nil {
		return "intent: not applied"
	}
	return "intent: applied"
}

func (s *storm) settledPhase(r record) string {
	switch {
	case r.state == "retiring" && time.Now().After(r.retireAt):
		return "retiring: grace over"
	case r.state == "retiring":
		return "retiring: in grace"
	}
	return r.state
}

// phases are all phases, in order.
var phases = []string{
	"before the record", "prepared", "intent: not applied", "intent: applied", "intent: published", "retiring: in grace", "retiring: grace over", "closed",
}

// tally counts kills by fleet and phase.
type tally struct {
	mu sync.Mutex
	by map[string]map[*fleet]int
}

func (c *tally) add(f *fleet, phase string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[string]map[*fleet]int{}
	}
	if c.by[phase] == nil {
		c.by[phase] = map[*fleet]int{}
	}
	c.by[phase][f]++
}

// of returns how many kills were aimed at a fleet.
func (c *tally) of(f *fleet) (n int) {
	for _, by := range c.by {
		n += by[f]
	}
	return n
}

// table returns a table of where the kills hit.
func (c *tally) table(fleets []*fleet) string {
	var text strings.Builder
	text.WriteString("| killed at |")
	for _, f := range fleets {
		fmt.Fprintf(&text, " %s %s |", f.kind, f.class)
	}
	text.WriteString("\n|---|" + strings.Repeat("---|", len(fleets)) + "\n")
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(c.by)), func(phase string) bool { return slices.Contains(phases, phase) })
	for _, phase := range append(slices.Clone(phases), others...) {
		text.WriteString("| " + phase + " |")
		for _, f := range fleets {
			fmt.Fprintf(&text, " %d |", c.by[phase][f])
		}
		text.WriteString("\n")
	}
	return text.String()
}
