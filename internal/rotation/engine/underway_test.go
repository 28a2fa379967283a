package engine

import (
	"context"
	"testing"
	"time"

	"rotunda/internal/rotation"
)

// moving is a provider that names its operation otherwise at each question, and ends at the third.
type moving struct {
	rotation.Regenerator
	asked []string
}

func (m *moving) Await(_ context.Context, _ rotation.Subject, operation string) error {
	m.asked = append(m.asked, operation)
	if len(m.asked) == 3 {
		return nil
	}
	return &rotation.Underway{Fault: rotation.Temporaryf("It runs."), Operation: operation + "+"}
}

// notes are in memory.
type notes map[string]string

func (n notes) ReadNote(_ context.Context, name string) (string, error) { return n[name], nil }

func (n notes) WriteNote(_ context.Context, name, text string) error {
	n[name] = text
	return nil
}

func (n notes) SwapNote(_ context.Context, name, old, text string) (bool, error) {
	same := n[name] == old
	if same {
		n[name] = text
	}
	return same, nil
}

// An operation is asked about by the name that the provider gave it last, also after an hour.
func TestAnOperationIsAskedAboutByItsLastName(t *testing.T) {
	provider, kept := &moving{}, notes{}
	o := operation{notes: kept, intent: time.Now()}
	kept[underwayNote(o.Operation)] = "a"
	k := regenerating{provider}
	if _, err := k.await(t.Context(), o); err == nil {
		t.Error("it does not run")
	}
	o.intent = o.intent.Add(-2 * patience)
	if _, err := k.await(t.Context(), o); err == nil {
		t.Error("it does not run")
	}
	if _, err := k.await(t.Context(), o); err != nil {
		t.Error(err)
	}
	if len(provider.asked) != 3 || provider.asked[1] != "a+" || provider.asked[2] != "a++" || kept[underwayNote(o.Operation)] != "" {
		t.Errorf("asked %q, noted %q", provider.asked, kept)
	}
}
