package chaos_test

import (
	"context"
	"time"
)

// phase returns how far the rotation was that a kill was aimed at, according to its record, the
// server and the vault, and the operation, if it is on record. The other handler may have
// continued it already.
func (s *storm) phase(ctx context.Context, a aim) (phase, operation string) {
	record, err := s.vault.record(ctx, a.name)
	switch {
	case err != nil:
		return "unknown", ""
	case !a.continues && record.Operation == a.operation:
		return "before the record", ""
	case record.state != "intent":
		return s.settledPhase(record), record.Operation
	}
	return s.intendedPhase(ctx, a, record), record.Operation
}

func (s *storm) intendedPhase(ctx context.Context, a aim, record record) string {
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
