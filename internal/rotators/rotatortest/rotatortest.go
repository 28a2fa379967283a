// Package rotatortest checks rotators against real servers, for tests. Passwords in tests begin
// with "canary", so that one in an error is found.
package rotatortest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Unfenced is a fence that always holds.
func Unfenced(context.Context) error { return nil }

// Apply sets a value, which must succeed and call the fence once.
func Apply(t *testing.T, setter rotation.Setter, s rotation.Subject, next string) {
	t.Helper()
	fences := 0
	err := setter.Apply(t.Context(), s, secret.NewValue(next), func(context.Context) error { fences++; return nil })
	if err != nil || fences != 1 {
		t.Fatalf("Apply: %v; %d fences", err, fences)
	}
}

// RefuseApply tries to set a value, which must fail with a fault that contains a text.
func RefuseApply(t *testing.T, setter rotation.Setter, s rotation.Subject, next, text string) {
	t.Helper()
	fault := Fault(t, setter.Apply(t.Context(), s, secret.NewValue(next), Unfenced))
	if fault == nil || !strings.Contains(fault.Reason, text) {
		t.Fatalf("Apply: %v does not contain %q", fault, text)
	}
}

// Retire retires a value, which must succeed. It calls the fence right before it changes anything:
// a value that it retires while the fence fails stays what it was.
func Retire(t *testing.T, setter rotation.Setter, s rotation.Subject, old string) {
	t.Helper()
	before, _ := setter.Probe(t.Context(), s, secret.NewValue(old))
	fences := 0
	err := setter.Retire(t.Context(), s, secret.NewValue(old), func(context.Context) error { fences++; return errFenced })
	after, _ := setter.Probe(t.Context(), s, secret.NewValue(old))
	if before != after || fences > 0 && !errors.Is(err, errFenced) {
		t.Fatalf("Retire with a fence that fails: %v, and the value that was %s is %s", err, before, after)
	}
	if err := setter.Retire(t.Context(), s, secret.NewValue(old), Unfenced); err != nil {
		t.Fatalf("Retire: %v", err)
	}
}

var errFenced = errors.New("others have gone on")

// RetireLate rotates once more, to a value that is valid, and retires again what the rotation
// before has retired, as a worker does that has slept since. In class A that is the login whose
// turn it is now. hurt says that nothing but the fence keeps Retire from it.
func RetireLate(t *testing.T, setter rotation.Setter, s rotation.Subject, old string, hurt bool) {
	t.Helper()
	plan, err := setter.Plan(s)
	Must(t, err)
	Apply(t, setter, s, plan.Next.Reveal())
	if err := setter.Retire(t.Context(), s, secret.NewValue(old), func(context.Context) error { return errFenced }); err != nil && !errors.Is(err, errFenced) {
		t.Fatalf("Retire with a fence that fails: %v", err)
	}
	WantVerdict(t, setter, s, plan.Next.Reveal(), rotation.Accepted)
	Must(t, setter.Retire(t.Context(), s, secret.NewValue(old), Unfenced))
	if verdict, _ := setter.Probe(t.Context(), s, plan.Next); (verdict == rotation.Rejected) != hurt {
		t.Errorf("Retire without a fence leaves the login that is in use %s", verdict)
	}
	Must(t, setter.Apply(t.Context(), s, plan.Next, Unfenced))
}

// RetireLocked asks for a change while Retire asks its fence, which must be under the server's
// lock.
func RetireLocked(t *testing.T, setter rotation.Setter, s rotation.Subject, old, text string) {
	t.Helper()
	plan, err := setter.Plan(s)
	Must(t, err)
	fences := 0
	err = setter.Retire(t.Context(), s, secret.NewValue(old), func(context.Context) error {
		fences++
		RefuseApply(t, setter, s, plan.Next.Reveal(), text)
		return errFenced
	})
	if fences != 1 || !errors.Is(err, errFenced) {
		t.Errorf("%d fences: %v", fences, err)
	}
}

// WantVerdict logs in with a value. Unknown must come with a fault, Rejected may, and Accepted
// must not.
func WantVerdict(t *testing.T, prober rotation.Prober, s rotation.Subject, value string, want rotation.Verdict) {
	t.Helper()
	verdict, err := prober.Probe(t.Context(), s, secret.NewValue(value))
	if verdict != want || want == rotation.Unknown && err == nil || want == rotation.Accepted && err != nil {
		t.Fatalf("got %v, not %v: %v", verdict, want, err)
	}
	_ = Fault(t, err)
}

// Locate asks a server which one it is, which must succeed.
func Locate(t *testing.T, locator rotation.Locator, s rotation.Subject) rotation.Location {
	t.Helper()
	found, err := locator.Locate(t.Context(), s)
	if err != nil {
		t.Fatalf("Locate: %v", err)
	}
	return found
}

// internals are words of programs, which say nothing to whoever reads a fault.
var internals = regexp.MustCompile(`\b(EOF|dial|panic|goroutine|nil|packet|buffer|driver|pgconn|RESP)\b|0x[0-9a-f]|%!`)

// maxReason is how many characters a fault may have.
const maxReason = 1 << 10

// Fault returns err as the fault that it must be, or nil. Callers see faults, so none may quote a
// password, show a program's internals, or be as long as a server likes.
func Fault(t *testing.T, err error) *rotation.Fault {
	t.Helper()
	if err == nil {
		return nil
	}
	fault, ok := errors.AsType[*rotation.Fault](err)
	if !ok || strings.Contains(fault.Reason, "canary") {
		t.Fatalf("not a fault, or one that quotes a password: %T %v", err, err)
	}
	if utf8.RuneCountInString(fault.Reason) > maxReason || internals.MatchString(fault.Reason) {
		t.Errorf("a fault that is too long or names internals: %s", fault.Reason)
	}
	return fault
}

// WantPermanent checks that err is a permanent fault that contains a text.
func WantPermanent(t *testing.T, err error, text string) {
	t.Helper()
	fault := Fault(t, err)
	if fault == nil || !fault.Permanent || !strings.Contains(fault.Reason, text) {
		t.Errorf("%v is not permanent or does not contain %q", fault, text)
	}
}

// Must ends the test if err is not nil.
func Must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Trust lets a tag name the files in the folder of roots, a test server's file of authorities.
func Trust(roots string) rotation.Trust { return rotation.Trust{CAs: os.DirFS(filepath.Dir(roots))} }
