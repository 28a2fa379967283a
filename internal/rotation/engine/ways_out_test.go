package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// panicking is a rotator with a fault of its own.
type panicking struct{ simRotator }

func (panicking) Check(context.Context, rotation.Subject) ([]string, error) {
	panic("canary-in-a-panic")
}

// A rotator that panics is a failure like any other: it is counted, shown, and tried again later.
func TestAPanicIsNotSilent(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		k := w.newWorker("P")
		e := w.engine(k)
		e.Rotators["sim"] = panicking{simRotator{k}}
		for range alarmTries {
			w.sleepToWork()
			if _, err := e.Rotate(context.Background(), Request{Name: theName, By: BySweep}); err != nil {
				t.Error(err)
			}
		}
		if s := w.status(t); s.State != rotation.Attention || s.Tries != alarmTries || !strings.Contains(s.Reason, "panic") || strings.Contains(s.Reason, "canary") {
			t.Errorf("%+v", s)
		}
	})
}

// What has not begun can't be cancelled, and the answer does not say that it was.
func TestCancelOfWhatHasNotBegun(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.target.away = true
		w.onEvent()
		if r := w.record(); r.version == "" || r.state != rotation.None || r.tries != 1 {
			t.Fatalf("%+v", r)
		}
		if out, err := w.whole().Cancel(context.Background(), theName); !isPermanent(err) {
			t.Errorf("%+v, %v", out, err)
		}
	})
}

// Tags that are put back do not make somebody else's version one of ours.
func TestRestoredTagsDoNotClaimAVersion(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.incident = true
		w.onEvent()
		w.settle()
		_, _ = w.vault.set(theName, secret.Draft{Value: w.vault.versions(theName)[1].Value})
		if _, err := w.whole().RestoreTags(context.Background(), theName); err != nil {
			t.Fatal(err)
		}
		all := w.vault.versions(theName)
		if op, ok := all[len(all)-1].Tags[tagOperation]; ok {
			t.Errorf("it has the operation %s", op)
		}
	})
}

// purging is a vault whose deleted secret is purged.
type purging struct{ Vault }

func (purging) GetDeleted(context.Context, string) (secret.Secret, error) {
	return secret.Secret{}, refusal(http.StatusNotFound, "")
}

// The rotation of a secret that was purged can be ended by one call, which its status names.
func TestCancelOfAPurgedSecret(t *testing.T) {
	for purged, says := range map[bool]string{false: "Recover it", true: "may still accept"} {
		inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
			w.crashAtPublish()
			w.sleep(2 * lease)
			w.vault.deleted[theName] = true
			if s := w.status(t); s.State != rotation.Blocked || !strings.Contains(s.Reason, "rotation/cancel") {
				t.Errorf("%+v", s)
			}
			e := w.whole()
			if purged {
				e.Vault = purging{e.Vault}
			}
			out, err := e.Cancel(context.Background(), theName)
			if purged != (err == nil) || !strings.Contains(fmt.Sprint(out.Note, err), says) {
				t.Errorf("purged %v: %+v, %v", purged, out, err)
			}
			w.sleep(2 * time.Hour)
			if purged == w.sweepNames() {
				t.Errorf("purged %v: the sweep names it: %v", purged, w.sweepNames())
			}
		})
	}
}

// A secret that is deleted in its grace period, or before anything has changed, need not be purged
// for that.
func TestCancelOfADeletedSecret(t *testing.T) {
	for dies, says := range map[string]string{"": "stays valid", "Update record": "Nothing was changed"} {
		inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
			w.diesAt = dies
			w.onEvent()
			w.diesAt = ""
			w.sleep(2 * lease)
			w.vault.deleted[theName] = true
			out, err := w.whole().Cancel(context.Background(), theName)
			w.sleep(2 * day)
			if err != nil || out.State != rotation.None || !strings.Contains(out.Note, says) || w.sweepNames() {
				t.Errorf("dies at %q: %+v, %v, named %v", dies, out, err, w.sweepNames())
			}
		})
	}
}

// An open rotation on which nobody works, such as for want of a lock, shows in its status.
func TestARotationThatStallsIsNotSilent(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Single, rotation.Overlap} {
		inWorld(t, scenario{class: class}, func(w *world) {
			if class == rotation.Single {
				w.crashAtPublish()
			} else {
				w.onEvent()
				w.sleep(day)
			}
			w.sleep(alarmTime / 2)
			if s := w.status(t); s.State == rotation.Attention {
				t.Errorf("class %s, too early: %+v", class, s)
			}
			w.sleep(alarmTime)
			if s := w.status(t); s.State != rotation.Attention || !strings.Contains(s.Reason, "place of the locks") {
				t.Errorf("class %s: %+v", class, s)
			}
		})
	}
}

// The note of a closed operation goes when the record of what is wrong with the secret comes.
func TestNoNoteIsLeftOfAnOlderOperation(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.onEvent()
		w.settle()
		w.sleep(policy.Cooldown)
		w.tag(rotation.TagValidity, "a while")
		if out, err := w.attempt(Request{Name: theName, By: BySweep}); err != nil || out.State != rotation.Attention {
			t.Fatalf("%+v, %v", out, err)
		}
		for name, text := range w.notes {
			if strings.HasPrefix(name, "op--") && text != "" {
				t.Errorf("left: %s", name)
			}
		}
	})
}

// What is below a forged record is looked for among the few records that are not closed. A secret
// that has been rotated for years has hundreds.
func TestAForgedRecordOverManyOthers(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		for range 5 {
			w.onEvent()
			w.settle()
			w.sleep(policy.Cooldown)
			_, _ = w.attempt(Request{Name: theName, By: ByHand})
			w.sleep(2 * day)
			w.settle()
		}
		w.humanForges()
		before := len(w.story())
		if out, err := w.attempt(Request{Name: theName, By: BySweep}); err != nil || out.State != rotation.Attention {
			t.Errorf("%+v, %v", out, err)
		}
		if reads := strings.Count(w.story()[before:], "Get record "); reads > 3 {
			t.Errorf("it reads %d records", reads)
		}
	})
}

// Nobody reads the value of a forged record as the one that is about to be published, nor a
// version that it invents.
func TestAForgedRecordHasNoStages(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.humanForges()
		if s, err := w.whole().Pending(context.Background(), theName); !errors.Is(err, ErrNoStage) {
			t.Errorf("pending: %+v, %v", s, err)
		}
		all := w.vault.versions(secret.PendingName(theName))
		forged := all[len(all)-1]
		forged.Value = secret.NewValue(strings.Replace(forged.Value.Reveal(), w.vault.versions(theName)[0].Version, "..", 1))
		forged.Tags[tagState] = string(rotation.Closed)
		if version, err := w.whole().Previous(context.Background(), theName); !errors.Is(err, ErrNoStage) {
			t.Errorf("previous: %q, %v", version, err)
		}
	})
}
