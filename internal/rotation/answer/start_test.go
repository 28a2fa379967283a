package answer

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/access"
	"rotunda/internal/rotation"
	"rotunda/internal/rotation/engine"
	"rotunda/internal/wire"
)

// locker panics at its first lock. Later it says that another worker has the lock, after a while.
type locker struct {
	rotation.Ledger
	locks int
}

func (l *locker) Lock(context.Context, string) (context.Context, func(), error) {
	if l.locks++; l.locks == 1 {
		panic("canary-in-a-panic")
	}
	time.Sleep(time.Second) // in the test's own time
	return nil, nil, rotation.Temporaryf("It is away.")
}

// unaudited keeps nothing.
type unaudited struct{}

func (unaudited) Ready() error                                   { return nil }
func (unaudited) Keep(context.Context, ...access.Decision) error { return nil }

func newRotations(locks rotation.Locks, out *bytes.Buffer) Rotations {
	return Rotations{
		Engine: &engine.Engine{Locks: locks, Policy: engine.Policy{Limit: time.Minute}},
		Log:    slog.New(slog.NewJSONHandler(out, nil)), Attempts: &Attempts{}, Audit: unaudited{},
	}
}

// A panic in a rotation on demand is an error of that request. The next one is made.
func TestAPanicInARotationEndsNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		r := newRotations(&locker{}, &out)
		_, _, err := r.StartRotation(t.Context(), "db", wire.RotateOptions{})
		if err == nil || !strings.Contains(err.Error(), "panic: string at") || strings.Contains(err.Error()+out.String(), "canary") {
			t.Errorf("%v, log %s", err, out.String())
		}
		if !strings.Contains(out.String(), `"secret":"db"`) || !strings.Contains(out.String(), "resumed") {
			t.Errorf("the log does not say what comes next: %s", out.String())
		}
		if _, _, err := r.ResumeRotation(t.Context(), "db", false); err == nil || !strings.Contains(err.Error(), "It is away.") {
			t.Errorf("the next attempt: %v", err)
		}
		if left := r.Attempts.Wait(t.Context()); len(left) > 0 {
			t.Errorf("still running: %v", left)
		}
	})
}

// kept is an audit that keeps everything in memory.
type kept struct {
	unaudited
	decisions *[]access.Decision
}

func (k kept) Keep(_ context.Context, decisions ...access.Decision) error {
	*k.decisions = append(*k.decisions, decisions...)
	return nil
}

// A rotation may have changed something before it panics, so the audit has it, whoever started it.
func TestTheAuditHasARotationThatPanics(t *testing.T) {
	for starter, start := range map[string]func(context.Context, Rotations) error{
		"event":     func(ctx context.Context, r Rotations) error { _, err := r.RotateExpiring(ctx, "db", "v1"); return err },
		"sweep":     func(ctx context.Context, r Rotations) error { _, err := r.RotateDue(ctx, "db"); return err },
		"anonymous": func(ctx context.Context, r Rotations) error { _, err := r.RollBackRotation(ctx, "db"); return err },
	} {
		t.Run(starter, func(t *testing.T) {
			var decisions []access.Decision
			r := newRotations(&locker{}, &bytes.Buffer{})
			r.Audit = kept{decisions: &decisions}
			if err := start(t.Context(), r); err == nil || !strings.Contains(err.Error(), "panic: string at") {
				t.Errorf("the caller gets %v", err)
			}
			want := access.Decision{Caller: starter, Action: access.Rotate, Secret: "db", Allowed: true, Status: 500}
			if len(decisions) != 1 || decisions[0] != want {
				t.Errorf("the audit has %+v, want %+v", decisions, want)
			}
		})
	}
}

func TestAttemptsThatOutliveTheirRequestAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		r := newRotations(&locker{locks: 1}, &out)
		go func() { _, _, _ = r.StartRotation(t.Context(), "db", wire.RotateOptions{}) }()
		synctest.Wait()
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if left := r.Attempts.Wait(impatient); len(left) != 1 || left[0] != "db" {
			t.Errorf("a wait that is too short returns %v", left)
		}
		began := time.Now()
		if left := r.Attempts.Wait(t.Context()); len(left) > 0 || time.Since(began) > time.Second {
			t.Errorf("after %s: %v", time.Since(began), left)
		}
		if errors.Is(impatient.Err(), context.Canceled) {
			t.Error("the wait was cancelled")
		}
	})
}
