package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// proof returns the provider's verdict on a credential at the end of an attempt.
func proof(out rotation.Outcome, credential string) string {
	for _, p := range out.Proofs {
		if p.Credential == credential {
			return p.Verdict.String()
		}
	}
	return ""
}

// TestRetireNow rotates after a leak, in the grace period of the last rotation: no older
// credential stays valid.
func TestRetireNow(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single, rotation.Issued} {
		t.Run(string(class), func(t *testing.T) {
			inWorld(t, scenario{class: class}, func(w *world) {
				w.incident = true // old credentials end before their grace period, as asked
				w.onEvent()
				w.sleep(time.Minute)
				out, err := w.attempt(Request{Name: theName, By: ByHand, RetireNow: true})
				all := w.vault.versions(theName)
				if err != nil || out.State != rotation.Closed || len(all) != 3 || proof(out, "previous") != "rejected" {
					t.Errorf("%+v, %v, with %d versions", out, err, len(all))
				}
				if got := w.target.accepted(); len(got) != 1 || got[0] != all[2].Value.Reveal() {
					t.Errorf("accepted: %v", got)
				}
			})
		})
	}
}

// TestRetireByHand: a person can end the old credential before its grace period is over.
func TestRetireByHand(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.incident = true
		if _, err := w.attempt(Request{Name: theName, By: ByRetire}); err == nil && w.record().version != "" {
			t.Error("without a rotation, something was done")
		}
		w.onEvent()
		out, err := w.attempt(Request{Name: theName, By: ByRetire})
		if err != nil || out.State != rotation.Closed || !out.Retired || proof(out, "previous") != "rejected" || len(w.target.accepted()) != 1 {
			t.Errorf("%+v, %v", out, err)
		}
	})
}

// TestRetiredMeansRefused: while the provider still accepts the old credential, the rotation is
// not closed and raises an alarm.
func TestRetiredMeansRefused(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.onEvent()
		w.target.keeps = true
		var last rotation.Outcome
		for range 4 {
			w.sleep(day + time.Hour)
			last, _ = w.attempt(Request{Name: theName, By: BySweep})
		}
		if r := w.record(); r.state != rotation.Retiring || last.State != rotation.Attention || !last.Alarm || !strings.Contains(last.Note, "still accepts") {
			t.Errorf("%s, %+v", r.state, last)
		}
		w.target.keeps = false
		w.settle()
		if r := w.record(); r.state != rotation.Closed {
			t.Errorf("repaired, it is %s", r.state)
		}
	})
}

// Active Directory accepts a replaced password for an hour. Such a rotation closes and says so. A
// password that lingers for longer than the provider should is not retired.
func TestAReplacedPasswordLingers(t *testing.T) {
	for lingers, says := range map[time.Duration]string{time.Hour: "may accept the old credential until about", time.Nanosecond: "still accepts the old credential"} {
		inWorld(t, scenario{class: rotation.Single}, func(w *world) {
			w.target.lingers = lingers
			out, _ := w.attempt(Request{Name: theName, By: ByHand})
			if !strings.Contains(out.Note, says) || (w.record().state == rotation.Closed) != (lingers == time.Hour) {
				t.Errorf("%s: %s, %+v", lingers, w.record().state, out)
			}
		})
	}
}

// A version that somebody disables during the grace period is retired all the same, one that is
// gone is reported.
func TestRetireOfADisabledVersion(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.onEvent()
		first := w.vault.versions(theName)[0]
		first.Attributes.Enabled = new(false)
		w.settle()
		if r := w.record(); r.state != rotation.Closed || len(w.target.accepted()) != 1 || *first.Attributes.Enabled {
			t.Errorf("%s; accepted: %v", r.state, w.target.accepted())
		}
	})
}

func TestCancel(t *testing.T) {
	for name, row := range map[string]struct {
		class    rotation.Class
		diesAt   string
		accepted int
		state    rotation.State
	}{
		"nothing was applied":         {rotation.Overlap, "Apply", 1, rotation.Abandoned},
		"prepared only":               {rotation.Single, "Update record", 1, rotation.Abandoned},
		"applied beside the old one":  {rotation.Overlap, "Set " + short(theName, ""), 1, rotation.Abandoned},
		"applied to the other login":  {rotation.Alternating, "Set " + short(theName, ""), 1, rotation.Abandoned},
		"applied in its place":        {rotation.Single, "Set " + short(theName, ""), 1, rotation.Abandoned},
		"a key was regenerated":       {rotation.DualKey, "Set " + short(theName, ""), 2, rotation.Abandoned},
		"a credential was issued":     {rotation.Issued, "Set " + short(theName, ""), 1, rotation.Abandoned},
		"there was nothing to change": {rotation.ValueOnly, "Set " + short(theName, ""), 0, rotation.Abandoned},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, scenario{class: row.class}, func(w *world) {
				w.diesAt = row.diesAt
				w.onEvent()
				w.diesAt = ""
				w.sleep(policy.Cooldown + time.Minute)
				out, err := w.whole().Cancel(context.Background(), theName)
				if err != nil || out.State != row.state || len(w.vault.versions(theName)) != 1 {
					t.Errorf("%+v, %v", out, err)
				}
				if got := w.target.accepted(); len(got) != row.accepted || !w.observe().valid {
					t.Errorf("accepted: %v, valid: %v", got, w.observe().valid)
				}
				if _, err := w.whole().Cancel(context.Background(), theName); err == nil && row.class != rotation.ValueOnly {
					if out, _ := w.whole().Cancel(context.Background(), theName); out.State == rotation.Abandoned && !strings.Contains(out.Note, "no open rotation") {
						t.Errorf("again: %+v", out)
					}
				}
			})
		})
	}
}

// TestCancelOfNothing: a person cannot cancel a published rotation, or one that never started.
func TestCancelOfNothing(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		if _, err := w.whole().Cancel(context.Background(), theName); !isPermanent(err) {
			t.Errorf("never rotated: %v", err)
		}
		w.onEvent()
		if out, err := w.whole().Cancel(context.Background(), theName); err != nil || out.State != rotation.Retiring || !strings.Contains(out.Note, "published") {
			t.Errorf("published: %+v, %v", out, err)
		}
	})
}

func TestRollBack(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single, rotation.DualKey, rotation.Issued, rotation.ValueOnly} {
		t.Run(string(class), func(t *testing.T) {
			inWorld(t, scenario{class: class}, func(w *world) {
				w.onEvent()
				first := w.vault.versions(theName)[0]
				out, err := w.whole().RollBack(context.Background(), theName)
				all := w.vault.versions(theName)
				if err != nil || out.State != rotation.Retiring || len(all) != 3 || !all[2].Value.Equal(first.Value) || !w.observe().valid {
					t.Fatalf("%+v, %v, %d versions, valid: %v", out, err, len(all), w.observe().valid)
				}
				if all[2].Tags[rotation.TagCredentialID] != first.Tags[rotation.TagCredentialID] {
					t.Errorf("CredentialId is %s", all[2].Tags[rotation.TagCredentialID])
				}
				w.settle()
				if r := w.record(); r.state != rotation.Closed || !w.observe().valid {
					t.Errorf("it ends %s: %s", r.state, r.reason)
				}
				if _, err := w.whole().RollBack(context.Background(), theName); !isPermanent(err) {
					t.Errorf("again: %v", err)
				}
			})
		})
	}
}

// A client that sets the secret without its tags stops its rotation: that shows, and one call ends
// it.
func TestLostTags(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.incident = true // the latest version's tags are restored
		w.onEvent()
		w.settle()
		current := w.vault.versions(theName)[1]
		_, _ = w.vault.set(theName, secret.Draft{Value: current.Value, Tags: map[string]string{"team": "new"}})
		if s := w.status(t); s.State != rotation.Attention || !strings.Contains(s.Reason, "rotation/tags") {
			t.Errorf("%+v", s)
		}
		if !w.sweepNames() {
			t.Error("the sweep does not name it")
		}
		if out, err := w.attempt(Request{Name: theName, By: BySweep}); err != nil || !out.Alarm || out.State != rotation.Attention {
			t.Errorf("by sweep: %+v, %v", out, err)
		}
		if out, err := w.whole().RestoreTags(context.Background(), theName); err != nil || out.Note == "" {
			t.Errorf("restored: %+v, %v", out, err)
		}
		all := w.vault.versions(theName)
		if tags := all[len(all)-1].Tags; tags[rotation.TagProviderAddress] != address || tags["team"] != "new" {
			t.Errorf("tags: %v", tags)
		}
		if s := w.status(t); s.State != rotation.Closed {
			t.Errorf("restored: %+v", s)
		}
		if _, err := w.whole().RestoreTags(context.Background(), theName); !isPermanent(err) {
			t.Errorf("again: %v", err)
		}
	})
}

// The version that a rotation has published may be of the same second as the one that it replaced,
// and the vault may list them in either order.
func TestTagsAreRestoredFromTheRotationsOwnVersion(t *testing.T) {
	for _, order := range [][2]int{{0, 1}, {1, 0}} {
		inWorld(t, scenario{class: rotation.Issued}, func(w *world) {
			w.incident = true
			w.onEvent()
			w.settle()
			all := w.vault.all[theName]
			base, published := all[0], all[1]
			base.Attributes.Created = published.Attributes.Created
			all[order[0]], all[order[1]] = base, published
			_, _ = w.vault.set(theName, secret.Draft{Value: published.Value})
			if _, err := w.whole().RestoreTags(context.Background(), theName); err != nil {
				t.Fatal(err)
			}
			want := published.Tags[rotation.TagCredentialID]
			if got := w.vault.versions(theName)[2].Tags[rotation.TagCredentialID]; got != want || want == base.Tags[rotation.TagCredentialID] {
				t.Errorf("in the order %v: CredentialId is %q, not %q", order, got, want)
			}
		})
	}
}

// TestLostTagsOnPurpose: after the tags were removed to end rotation, one Cancel confirms that.
func TestLostTagsOnPurpose(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.onEvent()
		w.settle()
		w.tag(rotation.TagProviderAddress, "")
		if out, err := w.whole().Cancel(context.Background(), theName); err != nil || out.State != rotation.None {
			t.Errorf("%+v, %v", out, err)
		}
		if s := w.status(t); s.State != rotation.None || w.sweepNames() {
			t.Errorf("%+v, named: %v", s, w.sweepNames())
		}
	})
}

// A worker that slept before it stops a rotation leaves the record alone if others have gone on.
func TestAStopThatComesLateChangesNothing(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.onEvent()
		w.tag(rotation.TagProviderAddress, "")
		late := w.whole().newAttempt(Request{Name: theName, By: ByCancel})
		_ = late.read(context.Background()) // the fault is the lost tag
		others := w.whole().newAttempt(Request{Name: theName, By: ByCancel})
		_ = others.read(context.Background())
		if err := others.enter(context.Background(), rotation.Intent, ""); err != nil { // as a rollback does
			t.Fatal(err)
		}
		if err := late.stopRotating(context.Background()); !errors.Is(err, errWentOn) || w.record().state != rotation.Intent {
			t.Errorf("%v, and the record is %s", err, w.record().state)
		}
	})
}

// TestRecordWithoutProof: a record without a note is left alone until a person adopts or cancels
// it.
func TestRecordWithoutProof(t *testing.T) {
	for _, adopt := range []bool{true, false} {
		inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
			w.crashAtPublish()
			w.sleep(2 * lease)
			w.notes = map[string]string{} // another storage account
			record := w.record().version
			if out, err := w.attempt(Request{Name: theName, By: BySweep}); err != nil || out.State != rotation.Attention || !out.Alarm || w.record().version != record || w.record().tries != 0 {
				t.Errorf("by sweep: %+v, %v", out, err)
			}
			if s := w.status(t); s.State != rotation.Attention || !strings.Contains(s.Reason, "adopt") {
				t.Errorf("%+v", s)
			}
			if adopt {
				out, err := w.attempt(Request{Name: theName, By: ByResume, Adopt: true})
				if err != nil || out.State != rotation.Retiring || len(w.vault.versions(theName)) != 2 {
					t.Errorf("adopted: %+v, %v", out, err)
				}
				return
			}
			if out, err := w.whole().Cancel(context.Background(), theName); err != nil || out.State != rotation.None {
				t.Errorf("cancelled: %+v, %v", out, err)
			}
			if s := w.status(t); s.State != rotation.None {
				t.Errorf("cancelled: %+v", s)
			}
		})
	}
}

// TestForeignSecretUnderARecordsName: somebody else's secret under the name of a record is never
// changed.
func TestForeignSecretUnderARecordsName(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		name := secret.PendingName(theName)
		_, _ = w.vault.set(name, secret.Draft{Value: secret.NewValue(`{"their":"JSON"}`), ContentType: new("application/json")})
		for _, by := range []Trigger{ByEvent, BySweep, ByHand} {
			out, err := w.attempt(Request{Name: theName, By: by})
			if by == ByHand && !isPermanent(err) || by != ByHand && (out.State != rotation.Attention || !out.Alarm) {
				t.Errorf("%d: %+v, %v", by, out, err)
			}
		}
		if all := w.vault.versions(name); len(all) != 1 || !*all[0].Attributes.Enabled || len(all[0].Tags) != 0 {
			t.Errorf("it was changed: %d versions", len(all))
		}
	})
}

// TestTagsEditedMeanwhile: the engine notices tags that change during a rotation before it
// publishes.
func TestTagsEditedMeanwhile(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.before = map[string]func(){"Probe app:canary-2": func() { w.humanTags(rotation.TagProviderAddress, "sim://other") }}
		w.onEvent()
		if r := w.record(); r.state != rotation.Attention || len(w.vault.versions(theName)) != 1 {
			t.Errorf("it is %s with %d versions", r.state, len(w.vault.versions(theName)))
		}
	})
}

// TestNoFailureIsSilent: failures count from the first attempt on, and raise an alarm if they
// last.
func TestNoFailureIsSilent(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.target.away = true
		var alarms []bool
		for range 4 {
			w.sleep(5 * time.Minute)
			out, err := w.attempt(Request{Name: theName, By: BySweep})
			if err != nil || !strings.Contains(out.Note, "away") {
				t.Errorf("%+v, %v", out, err)
			}
			alarms = append(alarms, out.Alarm)
		}
		if !slices.Equal(alarms, []bool{false, false, true, true}) {
			t.Errorf("alarms: %v", alarms)
		}
		if s := w.status(t); s.State != rotation.Attention || s.Tries != 4 || s.NextTry.IsZero() || !strings.Contains(s.Reason, "away") {
			t.Errorf("%+v", s)
		}
		w.target.away = false
		w.mustRotate(t)
	})
}

// TestAdminComesLater: a fault outside the secret ends once it is corrected there.
func TestAdminComesLater(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.tag(rotation.TagAdminSecret, "admin")
		if out, err := w.attempt(Request{Name: theName, By: BySweep}); err != nil || !out.Alarm || out.State != rotation.Attention {
			t.Errorf("%+v, %v", out, err)
		}
		if _, err := w.attempt(Request{Name: theName, By: ByResume}); !isPermanent(err) {
			t.Errorf("resumed: %v", err)
		}
		_, _ = w.vault.set("admin", secret.Draft{Value: secret.NewValue(w.target.first()), Tags: map[string]string{rotation.TagAdminFor: address}})
		w.mustRotate(t)
	})
}

// TestLimitIsNoted: an attempt that reaches its time limit notes why it failed.
func TestLimitIsNoted(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.target.hangs = true
		w.onEvent()
		if s := w.status(t); s.Tries != 1 || s.Reason == "" || s.NextTry.IsZero() {
			t.Errorf("%+v", s)
		}
	})
}

// TestTwins: two secrets may not hold one credential, as they would replace each other's password.
func TestTwins(t *testing.T) {
	inWorld(t, scenario{class: rotation.Single}, func(w *world) {
		w.onEvent()
		w.settle()
		latest := w.vault.versions(theName)[1]
		_, _ = w.vault.set("twin", secret.Draft{Value: latest.Value, Tags: w.firstTags()})
		if _, err := w.whole().Rotate(context.Background(), Request{Name: "twin", By: ByHand}); !isPermanent(err) || !strings.Contains(err.Error(), theName) {
			t.Errorf("the twin: %v", err)
		}
		w.vault.deleted[theName] = true
		if out, err := w.whole().Rotate(context.Background(), Request{Name: "twin", By: ByHand}); err != nil || out.State != rotation.Closed {
			t.Errorf("alone: %+v, %v", out, err)
		}
	})
}

// TestDueByAge: a secret without an expiry is due by its age.
func TestDueByAge(t *testing.T) {
	s, err := parseSchedule(map[string]string{rotation.TagValidity: "60", rotation.TagLead: "10"}, 30*day)
	created := noon
	if due := s.due(secret.Secret{Attributes: secret.Attributes{Created: &created}}); err != nil || !due.Equal(noon.Add(50*day)) {
		t.Errorf("due at %s, %v", due, err)
	}
}

func TestGraceOfASecret(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.tag(rotation.TagGrace, "36h")
		w.onEvent()
		if r := w.record(); time.Until(r.retireAt).Round(time.Hour) != 36*time.Hour {
			t.Errorf("retired at %s", r.retireAt)
		}
	})
	for _, wrong := range []string{"", "soon", "-1h", "9999h", "3d"} {
		if _, err := parseSchedule(map[string]string{rotation.TagValidity: "60", rotation.TagGrace: wrong}, 30*day); !isPermanent(err) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
