package rotators

import (
	"context"
	"errors"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// mustApply sets a value, which must work, and calls the fence once.
func mustApply(t *testing.T, setter rotation.Setter, s rotation.Subject, next string) {
	t.Helper()
	fences := 0
	err := setter.Apply(t.Context(), s, secret.NewValue(next), func(context.Context) error { fences++; return nil })
	if err != nil || fences != 1 {
		t.Fatalf("Apply: %v; %d fences", err, fences)
	}
}

// refusesToApply tries to set a value, which must fail with a fault that says something.
func refusesToApply(t *testing.T, setter rotation.Setter, s rotation.Subject, next, says string) {
	t.Helper()
	err := setter.Apply(t.Context(), s, secret.NewValue(next), func(context.Context) error { return nil })
	wantFault(t, err)
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Fatalf("Apply: %v", err)
	}
}

func mustRetire(t *testing.T, setter rotation.Setter, s rotation.Subject, old string) {
	t.Helper()
	if err := setter.Retire(t.Context(), s, secret.NewValue(old)); err != nil {
		t.Fatalf("Retire: %v", err)
	}
}

// wantVerdict logs in with a value; Unknown must come with a fault, and only that.
func wantVerdict(t *testing.T, setter rotation.Setter, s rotation.Subject, value string, want rotation.Verdict) {
	t.Helper()
	verdict, err := setter.Probe(t.Context(), s, secret.NewValue(value))
	if verdict != want || (err != nil) != (want == rotation.Unknown) {
		t.Fatalf("got %v, not %v: %v", verdict, want, err)
	}
	wantFault(t, err)
}

// wantFault: what rotators give reaches callers, so it must be in our words and have no password. Those of tests begin with canary.
func wantFault(t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[*rotation.Fault](err); err != nil && !ok {
		t.Errorf("no fault: %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "canary") {
		t.Errorf("a value is in %v", err)
	}
}

func isPermanent(t *testing.T, err error, says string) {
	t.Helper()
	wantFault(t, err)
	fault, ok := errors.AsType[*rotation.Fault](err)
	if !ok || !fault.Permanent || !strings.Contains(fault.Reason, says) {
		t.Errorf("got %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
