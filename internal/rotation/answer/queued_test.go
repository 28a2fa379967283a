package answer

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"rotunda/internal/rotation/engine"
)

// notes is a ledger in memory; away makes it fail.
type notes struct {
	text string
	away bool
}

func (n *notes) Lock(ctx context.Context, _ string) (context.Context, func(), error) {
	return ctx, func() {}, nil
}

func (n *notes) ReadNote(context.Context, string) (string, error) {
	if n.away {
		return "", errors.New("away")
	}
	return n.text, nil
}

func (n *notes) SwapNote(context.Context, string, string, string) (bool, error) { return true, nil }

func (n *notes) WriteNote(_ context.Context, _, text string) error {
	if n.away {
		return errors.New("away")
	}
	n.text = text
	return nil
}

func TestAWaitingSecretIsNotQueuedAgain(t *testing.T) {
	ledger := &notes{}
	r := Rotations{Engine: &engine.Engine{Locks: ledger}}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	a, b, tried := engine.Due{Name: "a", As: "1"}, engine.Due{Name: "b", As: "2"}, engine.Due{Name: "a", As: "3"}
	for _, step := range []struct {
		what  string
		after time.Duration
		due   []engine.Due
		want  []string
	}{
		{"the first sweep", 0, []engine.Due{a, b}, []string{"a", "b"}},
		{"both wait", 10 * time.Minute, []engine.Due{a, b}, []string{}},
		{"one was tried, and failed", 15 * time.Minute, []engine.Due{tried, b}, []string{"a"}},
		{"one message was lost", 20 * time.Minute, []engine.Due{tried, b}, []string{"b"}},
		{"one is open", 21 * time.Minute, []engine.Due{{Name: "a", As: "4", Open: true}, b}, []string{"a"}},
		{"it is open still", 22 * time.Minute, []engine.Due{{Name: "a", As: "4", Open: true}, b}, []string{"a"}},
		{"nothing is due", 2 * time.Hour, nil, []string{}},
		{"one is due again", 3 * time.Hour, []engine.Due{a}, []string{"a"}},
	} {
		if got := r.notQueued(t.Context(), step.due, noon.Add(step.after)); !slices.Equal(got, step.want) {
			t.Errorf("%s: %v, want %v", step.what, got, step.want)
		}
	}
	for _, broken := range []*notes{{away: true}, {text: "no JSON"}} {
		r.Engine.Locks = broken
		if got := r.notQueued(t.Context(), []engine.Due{a}, noon); !slices.Equal(got, []string{"a"}) {
			t.Errorf("without a note: %v", got)
		}
	}
}
