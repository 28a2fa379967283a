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

// wrongs lists the ways in which tags can make a rotation impossible, and what the message about
// each must say.
var wrongs = map[string]struct {
	tags map[string]string // "" removes one
	says string
}{
	"a scheme without a rotator":     {map[string]string{rotation.TagProviderAddress: "gopher://db"}, "must be one of sim"},
	"an unknown rotator":             {map[string]string{rotation.TagRotator: "gopher"}, "must be one of sim"},
	"no validity":                    {map[string]string{rotation.TagValidity: ""}, rotation.TagValidity},
	"a validity that isn't a number": {map[string]string{rotation.TagValidity: "soon"}, rotation.TagValidity},
	"a lead as long as the validity": {map[string]string{rotation.TagLead: "60"}, rotation.TagLead},
	"an interval out of bounds":      {map[string]string{rotation.TagInterval: "5000"}, rotation.TagInterval},
	"a malformed window":             {map[string]string{rotation.TagWindow: "night"}, rotation.TagWindow},
	"an invalid name of an admin":    {map[string]string{rotation.TagAdminSecret: "no name"}, rotation.TagAdminSecret},
	"too many tags":                  {fourteenTags(), "Remove a tag"},
}

func fourteenTags() map[string]string {
	tags := map[string]string{}
	for i := range secret.MaxTags - 3 { // the secret has three already
		tags[fmt.Sprint("t", i)] = "x"
	}
	return tags
}

// TestWrongIsSaidOnce: a request by hand fails with an error. An event or a sweep reports the
// problem once, and again only after the secret has changed.
func TestWrongIsSaidOnce(t *testing.T) {
	for name, wrong := range wrongs {
		t.Run(name, func(t *testing.T) {
			inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
				for tag, value := range wrong.tags {
					w.tag(tag, value)
				}
				if _, err := w.attempt(Request{Name: theName, By: ByHand}); err == nil || !isPermanent(err) || !strings.Contains(err.Error(), wrong.says) {
					t.Errorf("by hand: %v", err)
				}
				w.mustSayOnce(t, wrong.says)
				w.tag("team", "another")
				w.mustSayOnce(t, wrong.says)
				for tag := range wrong.tags {
					w.tag(tag, firstTagsOf(w)[tag])
				}
				if out, err := w.attempt(Request{Name: theName, By: BySweep}); err != nil || out.State != rotation.Retiring {
					t.Errorf("corrected: %+v, %v", out, err)
				}
				w.mustRotate(t)
			})
		})
	}
}

func firstTagsOf(w *world) map[string]string { return w.firstTags() }

func (w *world) mustSayOnce(t *testing.T, says string) {
	t.Helper()
	if !w.sweepNames() {
		t.Error("the sweep does not name it")
	}
	out, err := w.attempt(Request{Name: theName, By: BySweep})
	if err != nil || out.State != rotation.Attention || !out.Alarm || !strings.Contains(out.Note, says) {
		t.Errorf("by sweep: %+v, %v", out, err)
	}
	records := len(w.vault.versions(secret.PendingName(theName)))
	if w.sweepNames() {
		t.Error("the sweep names it again")
	}
	all := w.vault.versions(theName)
	if out, err := w.attempt(Request{Name: theName, Version: all[0].Version, By: ByEvent}); err != nil || out.Alarm {
		t.Errorf("by event: %+v, %v", out, err)
	}
	if n := len(w.vault.versions(secret.PendingName(theName))); n != records || n == 0 {
		t.Errorf("%d records, and then %d", records, n)
	}
}

// TestWrongIsLookedAtAgain: what makes a rotation impossible may be corrected without a change of
// the secret. Here it is a setting of the app.
func TestWrongIsLookedAtAgain(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		sweep := func(hosts rotation.Hosts) (out rotation.Outcome) {
			t.Helper()
			if !w.sweepNames() {
				t.Error("the sweep does not name it")
			}
			e, err := w.whole(), error(nil)
			e.Policy.Hosts = hosts
			if out, err = e.Rotate(context.Background(), Request{Name: theName, By: BySweep}); err != nil {
				t.Error(err)
			}
			if w.sweepNames() {
				t.Error("the sweep names it again")
			}
			return out
		}
		if out := sweep("sim://other"); out.State != rotation.Attention || !out.Alarm {
			t.Errorf("at first: %+v", out)
		}
		for range 3 {
			w.sleep(lastWait - time.Minute)
			if w.sweepNames() {
				t.Error("the sweep names it too early")
			}
			w.sleep(2 * time.Minute)
			if out := sweep("sim://other"); out.State != rotation.Attention || out.Alarm {
				t.Errorf("an hour later: %+v", out)
			}
		}
		if n := len(w.vault.versions(secret.PendingName(theName))); n != 1 {
			t.Errorf("%d records", n)
		}
		if s := w.status(t); s.State != rotation.Attention || s.NextTry.IsZero() { // or resume?state=attention would miss it
			t.Errorf("the status once it is corrected: %+v", s)
		}
		w.sleep(lastWait + time.Minute)
		if out := sweep(""); out.State != rotation.Retiring || out.Alarm {
			t.Errorf("once it is corrected: %+v", out)
		}
	})
}

// TestCorrectedThenFailing: what fails after a correction is counted and shown, and tried less and
// less.
func TestCorrectedThenFailing(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.tag(rotation.TagValidity, "soon")
		w.run(Request{Name: theName, By: BySweep})
		w.tag(rotation.TagValidity, "60")
		w.target.away = true
		attempts := 0
		for range 24 * 6 {
			if w.sweepNames() {
				attempts++
				w.run(Request{Name: theName, By: BySweep})
			}
			w.sleep(10 * time.Minute)
		}
		if s := w.status(t); s.State != rotation.Attention || s.Tries != attempts || attempts > 35 || !strings.Contains(s.Reason, "away") {
			t.Errorf("after a day and %d attempts: %+v", attempts, s)
		}
	})
}

// TestRefusedPasswordsWaitForAPerson: after three passwords that a policy refused, sweeps and
// events try no other.
func TestRefusedPasswordsWaitForAPerson(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap, refuses: 2 * maxRefused}, func(w *world) {
		w.onEvent()
		records := len(w.vault.versions(secret.PendingName(theName)))
		for range 24 {
			w.sleep(time.Hour)
			if w.sweepNames() {
				t.Fatal("the sweep names it")
			}
		}
		w.onEvent()
		if n := len(w.vault.versions(secret.PendingName(theName))); n != records || w.target.refuses != maxRefused {
			t.Errorf("%d records, and then %d; %d refusals left", records, n, w.target.refuses)
		}
		if s := w.status(t); s.State != rotation.Attention || s.Reason == "" {
			t.Errorf("%+v", s)
		}
	})
}

// A kind that only a later version of the app knows is noted also before the secret is due.
func TestWrongBeforeItIsDue(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.tag(rotation.TagLead, "1")
		older := w.whole()
		older.Rotators = nil
		if out, err := older.Rotate(context.Background(), Request{Name: theName, By: BySweep}); err != nil || out.State != rotation.Attention {
			t.Errorf("the older version: %+v, %v", out, err)
		}
		if s := w.status(t); s.State != rotation.None || s.Reason != "" || !s.NextTry.IsZero() {
			t.Errorf("the later version: %+v", s)
		}
	})
}

// mustRotate runs the timer for four days and requires that a rotation completes.
func (w *world) mustRotate(t *testing.T) {
	t.Helper()
	for range 4 {
		w.sleep(time.Minute)
		if w.sweepNames() {
			w.run(Request{Name: theName, By: BySweep})
		}
		w.sleep(day)
	}
	if r := w.record(); r.state != rotation.Closed || len(w.vault.versions(theName)) != 2 {
		t.Errorf("it is %s with %d versions: %s\n%s", r.state, len(w.vault.versions(theName)), r.reason, w.story())
	}
}

// TestUnmanaged: a secret without rotation tags is left alone.
func TestUnmanaged(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.tag(rotation.TagProviderAddress, "")
		if w.sweepNames() {
			t.Error("the sweep names it")
		}
		if _, err := w.attempt(Request{Name: theName, By: ByHand}); !isPermanent(err) || !strings.Contains(err.Error(), rotation.TagProviderAddress) {
			t.Errorf("by hand: %v", err)
		}
	})
}

func isPermanent(err error) bool {
	fault, ok := errors.AsType[*rotation.Fault](err)
	return ok && fault.Permanent
}
