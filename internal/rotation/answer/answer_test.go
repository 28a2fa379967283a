package answer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotation/engine"
	"rotunda/internal/secret"
)

func TestEveryStateHasAStatus(t *testing.T) {
	for _, state := range []rotation.State{
		rotation.None, rotation.Prepared, rotation.Intent, rotation.Retiring, rotation.Closed,
		rotation.Abandoned, rotation.Attention, rotation.Blocked, rotation.Busy,
	} {
		if fromStatus(engine.Status{State: state}).Status == "" {
			t.Errorf("%s has no status", state)
		}
	}
}

func TestEveryClassHasSteps(t *testing.T) {
	for _, class := range []rotation.Class{
		rotation.Overlap, rotation.Alternating, rotation.Single, rotation.DualKey, rotation.Issued, rotation.ValueOnly,
	} {
		if len(steps[class]) == 0 {
			t.Errorf("class %s has no steps", class)
		}
	}
}

func TestTimesThatAreNotKnownAreLeftOut(t *testing.T) {
	at := time.Date(2026, 5, 4, 3, 2, 1, 999, time.FixedZone("", 3600))
	w := fromStatus(engine.Status{LastSuccess: at, Exposure: 1500 * time.Millisecond})
	if w.Since != nil || w.NextDue != nil || w.NextTry != nil || w.LastSuccess.Format(time.RFC3339Nano) != "2026-05-04T02:02:01Z" || *w.Exposure != 1500 {
		t.Errorf("%+v", w)
	}
	if w := fromStatus(engine.Status{}); w.LastSuccess != nil || w.Exposure != nil {
		t.Errorf("never rotated: %+v", w)
	}
}

func TestErrorsAreInTheWordsOfTheAPI(t *testing.T) {
	other := errors.New("other")
	for name, row := range map[string]struct {
		err, kind error
		says      string
	}{
		"a permanent fault": {rotation.Permanentf("Correct the tag."), secret.ErrRotationRefused, "Correct the tag."},
		"a temporary fault": {rotation.Temporaryf("It is away."), secret.ErrRotationDelayed, "It is away."},
		"the lock was lost": {rotation.ErrLockLost, secret.ErrRotationDelayed, "Try again"},
		"out of time":       {context.DeadlineExceeded, secret.ErrRotationDelayed, "Try again"},
		"anything else":     {other, other, ""},
	} {
		err := forCaller(row.err)
		problem, ok := errors.AsType[*secret.Problem](err)
		if !errors.Is(err, row.kind) || ok != (row.says != "") || ok && !strings.Contains(problem.Message, row.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := forCaller(nil); err != nil {
		t.Errorf("no error: %v", err)
	}
}
