package engine

import (
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// TestCooldown: no rotation starts within the cooldown of the last one, whoever asks for it.
func TestCooldown(t *testing.T) {
	inWorld(t, scenario{class: rotation.Single}, func(w *world) {
		w.onEvent()
		closed := time.Now()
		w.sleep(policy.Cooldown - time.Minute)
		if out, err := w.attempt(Request{Name: theName, By: ByHand}); err != nil || out.State != rotation.Closed || !strings.Contains(out.Note, "a short while ago") {
			t.Errorf("%s after the last: %+v, %v", time.Since(closed), out, err)
		}
		w.sleep(time.Minute)
		if out, err := w.attempt(Request{Name: theName, By: ByHand}); err != nil || out.State != rotation.Closed || len(w.vault.versions(theName)) != 3 {
			t.Errorf("%s after the last: %+v, %v", time.Since(closed), out, err)
		}
	})
}

// TestGraceFirst: no rotation starts before the old credential's grace period has ended, or in the
// attempt that retires it.
func TestGraceFirst(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.onEvent()
		w.sleep(time.Hour)
		if out, _ := w.attempt(Request{Name: theName, By: ByHand}); out.State != rotation.Retiring || len(w.vault.versions(theName)) != 2 {
			t.Errorf("in its grace: %+v", out)
		}
		w.sleep(day)
		if out, _ := w.attempt(Request{Name: theName, By: ByHand}); out.State != rotation.Closed || len(w.vault.versions(theName)) != 2 {
			t.Errorf("as grace has ended: %+v", out)
		}
		w.sleep(policy.Cooldown)
		if out, _ := w.attempt(Request{Name: theName, By: ByHand}); out.State != rotation.Retiring || len(w.vault.versions(theName)) != 3 {
			t.Errorf("after that: %+v", out)
		}
	})
}

func TestWhenNothingIsToBeDone(t *testing.T) {
	for name, row := range map[string]struct {
		by   Trigger
		tags map[string]string
		says string
	}{
		"nothing to resume":  {ByResume, nil, "no open rotation"},
		"not due":            {BySweep, map[string]string{rotation.TagLead: "5"}, "not due before"},
		"outside its window": {BySweep, map[string]string{rotation.TagWindow: "03:00-04:00"}, "outside the hours"},
		"an early event":     {ByEvent, map[string]string{rotation.TagLead: "5"}, "not due before"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
				for tag, value := range row.tags {
					w.tag(tag, value)
				}
				out, err := w.attempt(Request{Name: theName, By: row.by})
				if err != nil || out.State != rotation.None || !strings.Contains(out.Note, row.says) || w.record().version != "" {
					t.Errorf("%+v, %v", out, err)
				}
			})
		})
	}
}

// TestBlockedIsNoLoop: while a secret stays deleted, attempts become rarer and the record keeps
// the value.
func TestBlockedIsNoLoop(t *testing.T) {
	inWorld(t, scenario{class: rotation.Single}, func(w *world) {
		w.crashAtPublish()
		w.vault.deleted[theName] = true
		w.sleep(2 * lease)
		attempts, pending := 0, w.record().pending()
		for began := time.Now(); time.Since(began) < day; w.sleep(5 * time.Minute) {
			if w.sweepNames() {
				if out, err := w.attempt(Request{Name: theName, By: BySweep}); err != nil || out.State != rotation.Blocked {
					t.Errorf("%+v, %v", out, err)
				}
				attempts++
			}
		}
		if attempts > 32 || len(w.vault.versions(secret.PendingName(theName))) != 1 {
			t.Errorf("%d attempts a day, %d records", attempts, len(w.vault.versions(secret.PendingName(theName))))
		}
		delete(w.vault.deleted, theName)
		w.settle()
		if r := w.record(); r.state != rotation.Closed || !w.vault.versions(theName)[1].Value.Equal(pending) {
			t.Errorf("recovered, it ends %s", r.state)
		}
	})
}

// TestRepointedIsGivenUpByHand: a secret whose tags change to another credential while its
// rotation is open waits for a person. Rotating it by hand gives the open rotation up.
func TestRepointedIsGivenUpByHand(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.crashAtPublish()
		w.humanWrites(false)()
		w.tag(rotation.TagProviderAddress, "sim://other")
		w.sleep(2 * lease)
		if out, _ := w.attempt(Request{Name: theName, By: BySweep}); out.State != rotation.Attention || !out.Alarm {
			t.Errorf("by sweep: %+v", out)
		}
		if w.sweepNames() {
			t.Error("the sweep names it again")
		}
		if out, _ := w.attempt(Request{Name: theName, By: ByResume}); out.State != rotation.Attention {
			t.Errorf("resumed: %+v", out)
		}
		if out, _ := w.attempt(Request{Name: theName, By: ByHand}); out.State != rotation.Closed || !out.Alarm {
			t.Errorf("by hand: %+v", out)
		}
	})
}

// TestRefusedAndMended: once the policy has refused three values, the secret waits until its tags
// change. Then it rotates to a new value.
func TestRefusedAndMended(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap, refuses: 5}, func(w *world) {
		w.onEvent()
		if s := w.status(t); s.State != rotation.Attention || !strings.Contains(s.Reason, rotation.TagPasswordLength) || w.target.refuses != 2 {
			t.Errorf("refused: %+v", s)
		}
		w.target.refuses = 0
		if w.sweepNames() {
			t.Error("the sweep names it unchanged")
		}
		w.tag(rotation.TagPasswordLength, "20")
		w.mustRotate(t)
	})
}

// TestStarted: Started is called once, as soon as the rotation is on record.
func TestStarted(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		var told []rotation.Outcome
		w.run(Request{Name: theName, By: ByHand, Started: func(out rotation.Outcome) {
			told = append(told, out)
			if len(w.target.accepted()) != 1 {
				t.Error("the provider has changed already")
			}
		}})
		if len(told) != 1 || told[0].State != rotation.Intent || told[0].Operation != w.record().Operation {
			t.Errorf("told %+v", told)
		}
	})
}

func TestBusy(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.crashAtPublish()
		if out, err := w.attempt(Request{Name: theName, By: ByHand}); err != nil || out.State != rotation.Busy {
			t.Errorf("while the lease of another lasts: %+v, %v", out, err)
		}
	})
}
