package truth

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"
)

// Run replays each scenario as a subtest. open returns the vault that the scenario requires:
// empty if it NeedsEmptyVault, with its retention. Names are new in every scenario, so the others
// can share one vault.
func Run(t *testing.T, open func(t *testing.T, s Scenario) Target, opts Options) {
	t.Helper()
	opts = opts.withDefaults()
	for _, s := range Scenarios() {
		if !opts.Only(s) {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			if err := Replay(t.Context(), s, open(t, s), opts); err != nil {
				t.Fatalf("%v\n(recorded in %s)", err, s.Source)
			}
		})
	}
}

// Replay sends a scenario's requests, and returns an error about the first response that differs
// from the recorded one.
func Replay(ctx context.Context, s Scenario, target Target, opts Options) error {
	opts = opts.withDefaults()
	if target.Client == nil {
		target.Client = http.DefaultClient
	}
	ctx, cancel := context.WithTimeout(ctx, opts.Patience)
	defer cancel()
	p := &player{target: target, opts: opts, scenario: s, captures: captures{authority: target.Authority, values: map[string]any{}}}
	for i, step := range s.Steps {
		if err := p.play(ctx, step); err != nil {
			return fmt.Errorf("step %d, %s %s%s: %w", i+1, step.Method, step.Path, step.URL, err)
		}
	}
	return nil
}

// player replays one scenario, and captures values from its responses.
type player struct {
	target   Target
	opts     Options
	scenario Scenario
	captures captures
}

func (p *player) play(ctx context.Context, step Step) error {
	got, err := p.send(ctx, step)
	for err == nil && step.isMeanwhile(got.status) {
		if err := p.matchMeanwhile(step, got); err != nil {
			return err
		}
		if err := pause(ctx, p.opts.Poll); err != nil {
			return fmt.Errorf("still %d: %w", got.status, err)
		}
		got, err = p.send(ctx, step)
	}
	if err != nil {
		return err
	}
	if got.status != step.Expect.Status {
		return fmt.Errorf("status %d, want %d: %s", got.status, step.Expect.Status, got.body)
	}
	if err := p.matchHeaders(step.Expect.Headers, got.header); err != nil {
		return err
	}
	if step.Pages {
		return p.playPages(ctx, step, got)
	}
	return p.matchBody(step.Expect.Body, got)
}

func (s Step) isMeanwhile(status int) bool {
	return s.Eventually && status != s.Expect.Status && slices.Contains(s.Meanwhile, status)
}

func (p *player) matchMeanwhile(step Step, got answer) error {
	if err := p.matchBody(step.MeanwhileBody[strconv.Itoa(got.status)], got); err != nil {
		return fmt.Errorf("while it is in progress, %d: %w", got.status, err)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
