package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// whole returns an engine whose calls meet no fault.
func (w *world) whole() *Engine { return w.engine(w.newWorker("S")) }

func (w *world) status(t *testing.T) Status {
	t.Helper()
	s, err := w.whole().Status(context.Background(), theName)
	if err != nil {
		t.Error(err)
	}
	w.mustHide("a status", fmt.Sprintf("%+v", s))
	return s
}

func TestStatusThroughARotation(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		due := w.origin.Add(-20 * day)
		if s := w.status(t); s.State != rotation.None || s.Class != rotation.Overlap || s.Rotator != "sim" || !s.NextDue.Equal(due) || s.Operation != "" {
			t.Errorf("before: %+v", s)
		}
		w.onEvent()
		if s := w.status(t); s.State != rotation.Retiring || s.Operation == "" || s.Reason != "" || s.LastSuccess.IsZero() || !s.NextDue.After(time.Now().Add(29*day)) {
			t.Errorf("in its grace: %+v", s)
		}
		w.settle()
		if s := w.status(t); s.State != rotation.Closed || s.Tries != 0 || s.Exposure != 0 {
			t.Errorf("after: %+v", s)
		}
	})
}

func TestStatusOfWhatIsWrong(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.tag(rotation.TagValidity, "soon")
		if s := w.status(t); s.State != rotation.Attention || !strings.Contains(s.Reason, rotation.TagValidity) {
			t.Errorf("wrong and not yet tried: %+v", s)
		}
		w.run(Request{Name: theName, By: BySweep})
		if s := w.status(t); s.State != rotation.Attention || !strings.Contains(s.Reason, rotation.TagValidity) {
			t.Errorf("wrong: %+v", s)
		}
		w.tag(rotation.TagValidity, "60")
		if s := w.status(t); s.State != rotation.None || s.Reason != "" {
			t.Errorf("mended: %+v", s)
		}
		w.tag(rotation.TagProviderAddress, "")
		if s := w.status(t); s.State != rotation.None {
			t.Errorf("not managed any more: %+v", s)
		}
	})
}

// TestStatusOfExposure: the status shows for how long readers were cut off.
func TestStatusOfExposure(t *testing.T) {
	inWorld(t, scenario{class: rotation.Single}, func(w *world) {
		w.onEvent()
		if s := w.status(t); s.Exposure < latency || s.Exposure > time.Second {
			t.Errorf("exposed for %s", s.Exposure)
		}
	})
}

func TestStatusWhileDeleted(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.onEvent()
		w.vault.deleted[theName] = true
		if s := w.status(t); s.State != rotation.Blocked || s.Reason != deletedReason {
			t.Errorf("deleted: %+v", s)
		}
	})
}

func TestPreview(t *testing.T) {
	inWorld(t, scenario{class: rotation.Single}, func(w *world) {
		before := w.vault.made
		p, err := w.whole().Preview(context.Background(), Request{Name: theName, By: ByHand})
		if err != nil || p.Problem != "" || p.Class != rotation.Single || p.Identity != address || len(p.Warnings) != 1 || w.vault.made != before {
			t.Errorf("%+v, %v", p, err)
		}
		w.target.trusts = true
		if p, err := w.whole().Preview(context.Background(), Request{Name: theName, By: ByHand}); err != nil || !strings.Contains(p.Problem, "wrong password") {
			t.Errorf("a provider that accepts anything: %+v, %v", p, err)
		}
		w.tag(rotation.TagValidity, "soon")
		if p, err := w.whole().Preview(context.Background(), Request{Name: theName, By: ByHand}); err != nil || !strings.Contains(p.Problem, rotation.TagValidity) {
			t.Errorf("a wrong tag: %+v, %v", p, err)
		}
		if _, err := w.whole().Preview(context.Background(), Request{Name: "nobody", By: ByHand}); !secret.IsMissing(err) {
			t.Errorf("no such secret: %v", err)
		}
	})
}

// TestStages: Previous returns the version that was replaced. Pending returns the value that is
// about to be published, and only until it is.
func TestStages(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap, budget: 1}, func(w *world) {
		first := w.vault.versions(theName)[0].Version
		w.mustHaveNoStage(t)
		w.crashAtPublish()
		r := w.record()
		pending, err := w.whole().Pending(context.Background(), theName)
		if err != nil || !pending.Value.Equal(r.pending()) || pending.Name != theName || !w.target.accepts(pending.Value.Reveal()) {
			t.Errorf("before it is published: %+v, %v", pending, err)
		}
		w.settle()
		if _, err := w.whole().Pending(context.Background(), theName); !errors.Is(err, ErrNoStage) {
			t.Errorf("pending after: %v", err)
		}
		if version, err := w.whole().Previous(context.Background(), theName); err != nil || version != first {
			t.Errorf("previous: %s, %v", version, err)
		}
	})
}

func (w *world) mustHaveNoStage(t *testing.T) {
	t.Helper()
	_, err := w.whole().Previous(context.Background(), theName)
	_, err2 := w.whole().Pending(context.Background(), theName)
	if !errors.Is(err, ErrNoStage) || !errors.Is(err2, ErrNoStage) {
		t.Errorf("never rotated: %v, %v", err, err2)
	}
}

// crashAtPublish makes an attempt that dies right before it writes the new version.
func (w *world) crashAtPublish() {
	w.diesAt = "Set " + short(theName, "")
	w.onEvent()
	w.diesAt = ""
}

// TestStatusLeavesADeletedRecord: asking for the status does not recover a deleted record.
func TestStatusLeavesADeletedRecord(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.onEvent()
		name := secret.PendingName(theName)
		w.vault.deleted[name] = true
		if s := w.status(t); s.State != rotation.None || !w.vault.deleted[name] {
			t.Errorf("%+v", s)
		}
	})
}
