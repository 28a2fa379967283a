package engine

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
)

// latestID returns the tag CredentialId of the latest version.
func (w *world) latestID() string {
	all := w.vault.versions(theName)
	return all[len(all)-1].Tags[rotation.TagCredentialID]
}

// Without a tag, the secret's value tells which key it holds; and the tag may have any of the
// spellings of Azure's samples.
func TestTheKeyThatTheSecretHoldsIsFound(t *testing.T) {
	for name, row := range map[string]struct{ tag, says string }{
		"no tag":                     {"", ""},
		"the tag of the table":       {"key1", ""},
		"the tag of a sample":        {"Primary", ""},
		"Azure's own name":           {"KEY1", ""},
		"the other key's tag":        {"secondary", "The secret's value is not the provider's key2."},
		"a tag that names no key":    {"key3", "does not name a key"},
		"no tag and no key's value":  {"", "none of the provider's keys, key1 and key2"},
		"a tag, and another's value": {"key1", "The secret's value is not the provider's key1."},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, scenario{class: rotation.DualKey, real: azure}, func(w *world) {
				w.tag(rotation.TagCredentialID, row.tag)
				if strings.Contains(name, "value") {
					w.target.keys["key1"] = w.target.password()
				}
				out, err := w.attempt(Request{Name: theName, By: ByHand})
				if row.says != "" {
					if err == nil || !strings.Contains(err.Error(), row.says) || len(w.vault.versions(theName)) != 1 {
						t.Errorf("%+v, %v", out, err)
					}
					return
				}
				if err != nil || out.State != rotation.Retiring || w.latestID() != "key2" {
					t.Errorf("%+v, %v, CredentialId %q", out, err, w.latestID())
				}
				w.settle()
				w.sleep(time.Hour)
				if out, err := w.attempt(Request{Name: theName, By: ByHand}); err != nil || out.State != rotation.Retiring || w.latestID() != "key1" {
					t.Errorf("again: %+v, %v", out, err)
				}
			})
		})
	}
}

// A regenerated key is published once it works where it is used, and not before.
func TestAKeyIsPublishedOnceItWorks(t *testing.T) {
	const delay = 3 * time.Minute
	for name, async := range map[string]bool{"a key that is made at once": false, "a key that takes a while": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, scenario{class: rotation.DualKey, real: azure, async: async, settles: delay}, func(w *world) {
				out, err := w.attempt(Request{Name: theName, By: ByHand})
				if err != nil || out.State != rotation.Intent || len(w.vault.versions(theName)) != 1 {
					t.Errorf("%+v, %v", out, err)
				}
				if async != strings.Contains(out.Note, "still making a new key") {
					t.Error(out.Note)
				}
				for range maxAttempts {
					w.sleepToWork()
					w.run(Request{Name: theName, By: BySweep})
				}
				all := w.vault.versions(theName)
				value := all[len(all)-1].Value.Reveal()
				if len(all) != 2 || value != w.target.keys["key2"] || all[1].Attributes.Created.Sub(w.keySince[value]) < delay-time.Second {
					t.Errorf("%d versions", len(all))
				}
				if w.target.made != 3 {
					t.Errorf("%d keys were made", w.target.made)
				}
			})
		})
	}
}

// After a leak, the key that the secret held is regenerated too; otherwise it stays valid, and
// no status says that it is retired.
func TestTheOldKeyEndsIfAPersonEndsIt(t *testing.T) {
	for name, now := range map[string]bool{"a rotation as usual": false, "a rotation after a leak": true} {
		for _, kind := range []real{{}, azure} {
			t.Run(name, func(t *testing.T) {
				inWorld(t, scenario{class: rotation.DualKey, real: kind}, func(w *world) {
					w.incident = now
					leaked := w.target.keys["key1"]
					out, err := w.attempt(Request{Name: theName, By: ByHand, RetireNow: now})
					if !now {
						w.sleepToWork()
						out, err = w.attempt(Request{Name: theName, By: BySweep})
					}
					if err != nil || out.State != rotation.Closed || out.Retired != now || w.target.accepts(leaked) == now {
						t.Errorf("%+v, %v; the old key is valid: %v", out, err, w.target.accepts(leaked))
					}
					if !w.observe().valid || strings.Contains(out.Note, "is retired") != now {
						t.Error(out.Note)
					}
				})
			})
		}
	}
}

// Where the app can't try a key, a tag says that the list is proof enough.
func TestAKeyIsPublishedWithoutATryIfATagSaysSo(t *testing.T) {
	inWorld(t, scenario{class: rotation.DualKey, real: azure, settles: 1000 * time.Hour}, func(w *world) {
		w.tag(rotation.TagKeyProof, "none")
		if out, err := w.attempt(Request{Name: theName, By: ByHand}); err != nil || out.State != rotation.Retiring {
			t.Errorf("%+v, %v", out, err)
		}
	})
}

// An operation that runs for hours is reported as a failure after one, and never repeated.
func TestAnOperationOfHoursIsReported(t *testing.T) {
	inWorld(t, scenario{class: rotation.DualKey, real: azure, async: true}, func(w *world) {
		w.run(Request{Name: theName, By: ByHand})
		w.running.before = time.Now().Add(5 * time.Hour)
		for began := time.Now(); time.Since(began) < 4*time.Hour; {
			w.sleepToWork()
			w.run(Request{Name: theName, By: BySweep})
			if long := time.Since(began) > 2*time.Hour; long != (len(w.alarms) > 0) && (long || time.Since(began) < patience) {
				t.Fatalf("after %s: %d alarms", time.Since(began), len(w.alarms))
			}
		}
		w.settle()
		if r := w.record(); r.state != rotation.Closed || w.target.made != 3 {
			t.Errorf("it ends %s: %s; %d keys were made", r.state, r.reason, w.target.made)
		}
	})
}

// A key whose operation Azure does not tell about, as the app may not ask about it, is not ordered
// again while it may still be made; it is published once it is listed.
func TestAnOperationThatNobodyTellsOfIsNotRepeated(t *testing.T) {
	for name, status := range map[string]int{"no URL": http.StatusAccepted, "the app may not ask": http.StatusForbidden, "it is not found": http.StatusNotFound} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, scenario{class: rotation.DualKey, real: azure, async: true, untold: status}, func(w *world) {
				w.run(Request{Name: theName, By: ByHand})
				w.running.before = time.Now().Add(90 * time.Minute)
				for began := time.Now(); time.Since(began) < 2*time.Hour; {
					w.sleepToWork()
					w.run(Request{Name: theName, By: BySweep})
				}
				if len(w.alarms) == 0 {
					t.Error("nobody was told that it takes so long")
				}
				w.settle()
				if r := w.record(); r.state != rotation.Closed || w.target.made != 3 {
					t.Errorf("it ends %s: %s; %d keys were made", r.state, r.reason, w.target.made)
				}
			})
		})
	}
}

// Where nothing comes of such an operation, the key is ordered again.
func TestAnOperationThatEndsUntoldIsRepeated(t *testing.T) {
	inWorld(t, scenario{class: rotation.DualKey, real: azure, async: true, untold: http.StatusForbidden}, func(w *world) {
		w.run(Request{Name: theName, By: ByHand})
		w.running = nil // it has failed
		for began := time.Now(); time.Since(began) < untoldTime+2*time.Hour; {
			w.sleepToWork()
			w.run(Request{Name: theName, By: BySweep})
		}
		w.settle()
		if r := w.record(); r.state != rotation.Closed || w.target.made != 3 {
			t.Errorf("it ends %s: %s; %d keys were made", r.state, r.reason, w.target.made)
		}
	})
}
