package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// rollBackAndDie rolls back in a worker that dies before a call.
func (w *world) rollBackAndDie(before string) {
	w.diesAt = before
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = w.engine(w.newWorker("H")).RollBack(context.Background(), theName)
	}()
	<-done
	w.diesAt = ""
	w.sleep(2 * lease)
}

// A rollback that is killed once the provider has changed leaves no reader behind, and no
// credential that nobody retires.
func TestRollBackKilled(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single} {
		for _, before := range []string{"Apply", "Probe", "Set " + short(theName, ""), "Update record"} {
			for _, inGrace := range []bool{true, false} {
				inWorld(t, scenario{class: class}, func(w *world) {
					w.incident = true
					w.onEvent()
					if !inGrace {
						w.settle()
					}
					w.rollBackAndDie(before)
					w.settle()
					if r := w.record(); r.open() || !w.observe().valid || len(w.target.accepted()) != 1 {
						t.Errorf("%s, killed before %s, in grace %v: %s, valid %v, accepted %v", class, before, inGrace, r.state, w.observe().valid, w.target.accepted())
					}
				})
			}
		}
	}
}

// The old value is not for the credential that the tags name now.
func TestRollBackElsewhere(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.onEvent()
		w.settle()
		w.tag(rotation.TagProviderAddress, "sim://other")
		if _, err := w.whole().RollBack(context.Background(), theName); !isPermanent(err) || len(w.vault.versions(theName)) != 2 {
			t.Errorf("%v", err)
		}
	})
}

// A record that somebody forged does not say what to roll back to.
func TestRollBackOfAForgedRecord(t *testing.T) {
	for _, state := range []rotation.State{rotation.Retiring, rotation.Closed} {
		inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
			w.onEvent()
			w.settle()
			all := w.vault.versions(theName)
			forged := record{
				content:  content{Operation: all[1].Tags[tagOperation], Of: theName, Base: all[0].Version, Fingerprint: hash(address), At: time.Now()},
				progress: progress{state: state, since: time.Now(), retire: retireBase},
			}
			text, _ := forged.encode()
			_, _ = w.vault.set(secret.PendingName(theName), secret.Draft{Value: secret.NewValue(text), ContentType: new(recordType), Tags: forged.tags(theName)})
			if _, err := w.whole().RollBack(context.Background(), theName); !isPermanent(err) || len(w.vault.versions(theName)) != 2 {
				t.Errorf("%s: %v", state, err)
			}
		})
	}
}

// Who sets the old value again by hand has rolled back: what the rotation published is retired.
func TestOldValueSetAgainByHand(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating} {
		inWorld(t, scenario{class: class}, func(w *world) {
			w.incident = true
			w.onEvent()
			first := w.vault.versions(theName)[0]
			_, _ = w.vault.set(theName, secret.Draft{Value: first.Value, ContentType: first.ContentType, Tags: w.firstTags()})
			w.settle()
			w.sleep(day + time.Hour)
			w.settle()
			r, accepted := w.record(), w.target.accepted()
			if r.state != rotation.Closed || len(accepted) != 1 || accepted[0] != first.Value.Reveal() {
				t.Errorf("%s: %s (%s), accepted %v", class, r.state, r.reason, accepted)
			}
		})
	}
}

// Who removes the tags in the grace period to end rotation says so once, too, and learns what is
// left.
func TestLostTagsOnPurposeInGrace(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.onEvent()
		w.tag(rotation.TagProviderAddress, "")
		out, err := w.whole().Cancel(context.Background(), theName)
		if err != nil || out.State != rotation.None || !strings.Contains(out.Note, "stays valid") {
			t.Errorf("%+v, %v", out, err)
		}
		if s := w.status(t); s.State != rotation.None || w.sweepNames() {
			t.Errorf("%+v, named: %v", s, w.sweepNames())
		}
	})
}

// bySpelling is a provider whose address may have parameters.
type bySpelling struct{ simRotator }

func (r bySpelling) Plan(s rotation.Subject) (rotation.Plan, error) {
	plan, err := r.simRotator.Plan(s)
	plan.Identity, _, _ = strings.Cut(plan.Identity, "?")
	return plan, err
}

// Two secrets for one credential whose addresses are spelled in two ways are found out.
func TestTwinByAnotherAddress(t *testing.T) {
	inWorld(t, scenario{class: rotation.Single}, func(w *world) {
		w.onEvent()
		w.settle()
		tags := w.firstTags()
		tags[rotation.TagProviderAddress] += "?sslmode=disable"
		_, _ = w.vault.set("twin", secret.Draft{Value: w.vault.versions(theName)[1].Value, Tags: tags})
		k := w.newWorker("S")
		e := w.engine(k)
		e.Rotators["sim"] = bySpelling{simRotator{k}}
		if _, err := e.Rotate(context.Background(), Request{Name: "twin", By: ByHand}); !isPermanent(err) || !strings.Contains(err.Error(), theName) {
			t.Errorf("the twin: %v", err)
		}
	})
}

// A twin that begins while this one's logins are tried is found out, too.
func TestTwinThatBeginsMeanwhile(t *testing.T) {
	inWorld(t, scenario{class: rotation.Single}, func(w *world) {
		_, _ = w.vault.set("twin", secret.Draft{Value: w.vault.versions(theName)[0].Value, Tags: w.firstTags()})
		looked := func() { // for the first time
			w.before["ReadNote"] = func() { w.notes["id--"+hash(address)] = "twin" }
		}
		w.before = map[string]func(){"ReadNote": looked}
		if _, err := w.attempt(Request{Name: theName, By: ByHand}); !isPermanent(err) || !strings.Contains(err.Error(), "twin") || len(w.vault.versions(theName)) != 1 {
			t.Errorf("%v", err)
		}
	})
}

// A rollback that fails leaves things as they were.
func TestRollBackRefused(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single} {
		inWorld(t, scenario{class: class}, func(w *world) {
			w.incident = true
			w.onEvent()
			w.settle()
			w.target.refuses = 1
			if _, err := w.whole().RollBack(context.Background(), theName); err == nil {
				t.Error("no error")
			}
			if r := w.record(); r.state == rotation.Intent || !w.observe().valid {
				t.Errorf("%s: %s, valid %v", class, r.state, w.observe().valid)
			}
			w.settle()
			if r := w.record(); r.open() || len(w.target.accepted()) != 1 {
				t.Errorf("%s ends %s, accepted %v", class, r.state, w.target.accepted())
			}
		})
	}
}

// A key that the value alone names has no tag after a rollback either: that of the other key would
// keep the secret from rotating.
func TestARollbackOfAKeyWithoutATag(t *testing.T) {
	inWorld(t, scenario{class: rotation.DualKey, real: azure}, func(w *world) {
		w.tag(rotation.TagCredentialID, "")
		w.onEvent()
		if _, err := w.whole().RollBack(context.Background(), theName); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.sleep(time.Hour)
		if out, err := w.attempt(Request{Name: theName, By: ByHand}); err != nil || out.State != rotation.Retiring || w.latestID() != "key2" {
			t.Errorf("%+v, %v", out, err)
		}
	})
}
