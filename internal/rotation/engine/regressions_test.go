package engine

import (
	"context"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Each failed attempt doubles the wait, and failures that last raise an alarm.
func TestRegressionBackoffGrows(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Single, rotation.Overlap, rotation.Alternating} {
		inWorld(t, scenario{class: class, lies: 100}, func(w *world) {
			w.onEvent()
			for tries := 1; tries < 6; tries++ {
				if r := w.record(); r.tries != tries {
					t.Errorf("class %s: after %d failed attempts, tries is %d and the next is in %s", class, tries, r.tries, time.Until(r.next))
				}
				w.sleepToWork()
				w.run(Request{Name: theName, By: BySweep})
			}
			for range 20 {
				w.sleepToWork()
				w.sleep(10 * time.Minute)
				if out, _ := w.attempt(Request{Name: theName, By: BySweep}); out.Alarm {
					return
				}
			}
			t.Errorf("class %s: 26 attempts have failed in %s, and there is no alarm", class, time.Since(w.origin))
		})
	}
}

// Two versions of somebody else's do not keep the operation from closing.
func TestRegressionTwoForeignVersions(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Single, rotation.Overlap} {
		inWorld(t, scenario{class: class}, func(w *world) {
			w.crashAtPublish()
			w.humanWrites(false)()
			w.humanWrites(false)()
			w.sleep(2 * lease)
			w.settle()
			if r := w.record(); r.state != rotation.Closed {
				t.Errorf("class %s: state %s, tries %d, reason %q, %d calls", class, r.state, r.tries, r.reason, len(w.log))
			}
		})
	}
}

// What was published in place of a dead version is reported and has its own grace period, though
// somebody else writes a version before it is confirmed.
func TestRegressionReplacedInGraceKeepsItsGrace(t *testing.T) {
	var there *world
	once := false
	s := scenario{class: rotation.DualKey, mistake: instead(confirm, func(_ context.Context, a *attempt, right func() error) error {
		if a.evidence.grace && !once {
			once = true
			there.humanReplaces(true)()
			there.humanWrites(false)()
		}
		return right()
	})}
	inWorld(t, s, func(w *world) {
		there = w
		w.onEvent()
		w.sleep(day + time.Minute)
		w.target.regenerate("key2")
		out, err := w.attempt(Request{Name: theName, By: BySweep})
		if err != nil || out.State != rotation.Retiring || !out.Alarm {
			t.Errorf("%+v, %v", out, err)
		}
		w.sleep(policy.Cooldown + time.Minute)
		w.run(Request{Name: theName, By: ByHand}) // I8 if this regenerates a key that was published minutes ago
	})
}

// losing is a vault whose answer to the next Set of the secret is lost.
type losing struct {
	door
	lost *bool
}

func (v losing) Set(ctx context.Context, name string, draft secret.Draft) (secret.Secret, error) {
	made, err := v.door.Set(ctx, name, draft)
	if err == nil && name == theName && !*v.lost {
		*v.lost = true
		return secret.Secret{}, refusal(503, "")
	}
	return made, err
}

// What R2 publishes on top is reported, though the vault's answer was lost.
func TestRegressionReplacedIsReported(t *testing.T) {
	for _, class := range []rotation.Class{rotation.DualKey, rotation.Issued} {
		inWorld(t, scenario{class: class}, func(w *world) {
			w.diesAt = "ListVersions secret"
			w.onEvent()
			w.diesAt = ""
			if class == rotation.DualKey {
				w.target.regenerate("key2")
			} else {
				all := w.vault.versions(theName)
				delete(w.target.issued, all[len(all)-1].Tags[rotation.TagCredentialID])
			}
			w.sleep(2 * lease)
			e := w.whole()
			e.Vault = losing{e.Vault.(door), new(bool)}
			out, err := e.Rotate(context.Background(), Request{Name: theName, By: BySweep})
			if err != nil || out.State != rotation.Retiring || !out.Alarm {
				t.Errorf("class %s: %+v, %v", class, out, err)
			}
		})
	}
}

// The note of a failure may be carried out after another worker has begun, whose record it hides.
func TestRegressionLateNoteHidesAnOperation(t *testing.T) {
	for _, class := range allClasses {
		inWorld(t, scenario{class: class}, func(w *world) {
			w.crashAtPublish()
			now := time.Now()
			note := record{content: content{Of: theName, Base: w.vault.versions(theName)[0].Version, At: now}, progress: progress{state: rotation.None, since: now, tries: 1, failing: now}}
			text, _ := note.encode()
			_, _ = w.vault.set(secret.PendingName(theName), secret.Draft{Value: secret.NewValue(text), ContentType: new(recordType), Tags: note.tags(theName)})
			w.sleep(policy.Cooldown + time.Minute)
			w.run(Request{Name: theName, By: BySweep})
			w.settle()
			if r := w.record(); r.state != rotation.Closed || len(w.published) != 1 || !w.observe().valid {
				t.Errorf("class %s ends %s, %d published: %s", class, r.state, len(w.published), r.reason)
			}
		})
	}
}

// Classes without a negative control note none.
func TestRegressionNoControlNoted(t *testing.T) {
	for _, class := range []rotation.Class{rotation.DualKey, rotation.Issued, rotation.ValueOnly} {
		inWorld(t, scenario{class: class}, func(w *world) {
			w.onEvent()
			if r := w.record(); r.control != "" {
				t.Errorf("class %s notes a control that nobody made", class)
			}
		})
	}
}

// The evidence still says how the class works after a value was abandoned.
func TestRegressionMeansAfterAbandon(t *testing.T) {
	lost := false
	s := scenario{class: rotation.Single, refuses: 1, mistake: misread(func(e *evidence) {
		lost = lost || e.begun && e.means == anyMeans
	})}
	inWorld(t, s, func(w *world) {
		w.onEvent()
		if lost {
			t.Error("means is zero in the attempt that abandoned a value")
		}
	})
}

// An attempt that makes no progress is noted on record, so that the next one waits.
func TestRegressionNoProgressIsNoted(t *testing.T) {
	s := scenario{class: rotation.Overlap, mistake: instead(reread, func(context.Context, *attempt, func() error) error { return nil })}
	inWorld(t, s, func(w *world) {
		out, err := w.attempt(Request{Name: theName, By: BySweep})
		if r := w.record(); r.tries != 1 || err != nil {
			t.Errorf("tries %d, next %s, %+v, %v", r.tries, r.next, out, err)
		}
	})
}

// Class K: somebody else's version logs in, and the provider has another key in place of ours.
// Theirs stays.
func TestRegressionForeignStaysThoughKeyIsGone(t *testing.T) {
	inWorld(t, scenario{class: rotation.DualKey}, func(w *world) {
		w.crashAtPublish()
		delete(w.target.keys, "key2")
		w.target.keys["key3"] = w.target.password()
		w.humanValue = w.target.keys["key1"]
		w.humanWrites(false)()
		w.sleep(2 * lease)
		if out, err := w.attempt(Request{Name: theName, By: BySweep}); err != nil || out.State != rotation.Retiring {
			t.Errorf("%+v, %v", out, err)
		}
	})
}

// noLister is a vault whose access policy lacks List.
type noLister struct {
	door
	asked *int
}

func (v noLister) ListVersions(context.Context, string, secret.Query) (secret.Page, error) {
	*v.asked++
	return secret.Page{}, refusal(403, "")
}

// A failure that cannot be noted ends the attempt.
func TestFailureToNoteEnds(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.target.away = true
		asked := 0
		e := w.whole()
		e.Vault = noLister{e.Vault.(door), &asked}
		if _, err := e.Rotate(context.Background(), Request{Name: theName, By: BySweep}); err == nil || asked > 2 {
			t.Errorf("%v, after %d calls", err, asked)
		}
	})
}
