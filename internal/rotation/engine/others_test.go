package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// twinOf sets another secret for the same login.
func (w *world) twinOf(name, address string) {
	tags, all := w.firstTags(), w.vault.versions(theName)
	tags[rotation.TagProviderAddress] = address
	_, _ = w.vault.set(name, secret.Draft{Value: all[len(all)-1].Value, Tags: tags})
}

// Whoever rotates a login that was another secret's keeps it: if that secret comes back with its
// rotation open, the rotation waits for a person, and cancelling it changes nothing.
func TestALoginThatAnotherSecretHasTakenOver(t *testing.T) {
	for name, row := range map[string]struct{ leave, comeBack func(w *world) }{
		"lost tags": {
			func(w *world) { w.tag(rotation.TagProviderAddress, "") },
			func(w *world) { w.tag(rotation.TagProviderAddress, address) },
		},
		"deleted": {func(w *world) { w.vault.deleted[theName] = true }, func(w *world) { w.vault.deleted[theName] = false }},
	} {
		inWorld(t, scenario{class: rotation.Single, admin: true}, func(w *world) {
			w.incident = true
			w.diesAt = "Apply"
			w.onEvent()
			w.diesAt = ""
			w.sleep(2 * lease)
			row.leave(w)
			w.twinOf(twinName, address)
			if out, err := w.whole().Rotate(context.Background(), Request{Name: twinName, By: ByHand}); err != nil || out.State != rotation.Closed {
				t.Fatalf("%s: the other: %+v, %v", name, out, err)
			}
			all := w.vault.versions(twinName)
			its := all[len(all)-1].Value.Reveal()
			row.comeBack(w)
			w.sleep(time.Hour)
			out, err := w.attempt(Request{Name: theName, By: BySweep})
			if err != nil || !w.target.accepts(its) || !out.Alarm || !strings.Contains(out.Note, twinName) {
				t.Errorf("%s: %+v, %v; the other's login works: %v", name, out, err, w.target.accepts(its))
			}
			if _, err := w.whole().Cancel(context.Background(), theName); err != nil || !w.target.accepts(its) {
				t.Errorf("%s: cancelled: %v; the other's login works: %v", name, err, w.target.accepts(its))
			}
		})
	}
}

// A rollback does not take such a login back either.
func TestRollBackOfALoginThatAnotherSecretHasTakenOver(t *testing.T) {
	inWorld(t, scenario{class: rotation.Single, admin: true}, func(w *world) {
		w.incident = true
		w.onEvent()
		w.tag(rotation.TagProviderAddress, "")
		w.twinOf(twinName, address)
		if out, err := w.whole().Rotate(context.Background(), Request{Name: twinName, By: ByHand}); err != nil || out.State != rotation.Closed {
			t.Fatalf("the other: %+v, %v", out, err)
		}
		all := w.vault.versions(twinName)
		its := all[len(all)-1].Value.Reveal()
		w.tag(rotation.TagProviderAddress, address)
		if _, err := w.whole().RollBack(context.Background(), theName); !isPermanent(err) || !strings.Contains(err.Error(), twinName) || !w.target.accepts(its) {
			t.Errorf("%v; the other's login works: %v", err, w.target.accepts(its))
		}
	})
}

// unreadable is a vault that lets the app read all secrets but one.
type unreadable struct {
	Vault
	name string
}

func (v unreadable) Get(ctx context.Context, name, version string) (secret.Secret, error) {
	if name == v.name {
		return secret.Secret{}, refusal(http.StatusForbidden, "ForbiddenByRbac")
	}
	return v.Vault.Get(ctx, name, version)
}

// A secret that the app may not read is not rotated by it, and keeps no other from being rotated.
func TestATwinThatTheAppMayNotReadIsNone(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.notes["id--"+hash(address)] = twinName
		e := w.whole()
		e.Vault = unreadable{e.Vault, twinName}
		if out, err := e.Rotate(context.Background(), Request{Name: theName, By: ByHand}); err != nil || out.State != rotation.Retiring {
			t.Errorf("%+v, %v", out, err)
		}
	})
}

// hanging is a provider that does not answer which server it is at some addresses.
type hanging struct{ byForm }

func (r hanging) Locate(ctx context.Context, s rotation.Subject) (rotation.Location, error) {
	if !strings.Contains(s.Address, "hangs") {
		return rotation.Location{Login: "sim 1 app", Run: "a"}, nil
	}
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second): // as the rotators' own time
	}
	return rotation.Location{}, rotation.Temporaryf("It does not answer.")
}

// Servers of other secrets that hang do not keep a rotation from its end, nor for long.
func TestNeighboursThatHang(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		for _, name := range []string{"n1", "n2", "n3", "n4", "n5"} {
			w.twinOf(name, "sim://hangs/"+name)
		}
		w.notes["at--"+hash("sim 1 app")] = "n1 n2 n3 n4 n5"
		k := w.newWorker("H")
		e := w.engine(k)
		e.Rotators["sim"] = hanging{byForm{simRotator{k}, nil}}
		began := time.Now()
		if out, err := e.Rotate(context.Background(), Request{Name: theName, By: ByHand}); err != nil || out.State != rotation.Retiring || time.Since(began) > 6*time.Second {
			t.Errorf("after %s: %+v, %v", time.Since(began), out, err)
		}
	})
}

// crowded is a ledger in which others add themselves to a note at the same moment.
type crowded struct {
	rotation.Locks
	w      *world
	others []string
}

func (l *crowded) SwapNote(ctx context.Context, name, old, text string) (bool, error) {
	if strings.HasPrefix(name, "at--") && len(l.others) > 0 {
		l.w.notes[name], l.others = strings.TrimSpace(l.w.notes[name]+" "+l.others[0]), l.others[1:]
		return false, nil
	}
	return l.Locks.SwapNote(ctx, name, old, text)
}

// Secrets of many servers that say the same of themselves may begin at the same moment. Only one
// of the same running server is in the way.
func TestNeighboursThatBeginAtTheSameMoment(t *testing.T) {
	here := rotation.Location{Login: "sim 1 app", Run: "a"}
	for run, rotates := range map[string]bool{"b": true, "a": false} {
		inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
			at := map[string]rotation.Location{address: here}
			var others []string
			for i := range 12 {
				other := "n" + strconv.Itoa(i)
				others = append(others, other)
				w.twinOf(other, "sim://"+other)
				at["sim://"+other] = rotation.Location{Login: here.Login, Run: "b"}
			}
			at["sim://n11"] = rotation.Location{Login: here.Login, Run: run}
			e := w.formed(at)
			e.Locks = &crowded{e.Locks, w, others}
			_, err := e.Rotate(context.Background(), Request{Name: theName, By: ByHand})
			note := strings.Fields(w.notes["at--"+hash(here.Login)])
			if rotates != (err == nil) || rotates && (len(note) != maxNeighbours || note[maxNeighbours-1] != theName) || !rotates && !strings.Contains(err.Error(), "n11") {
				t.Errorf("run %s: %v, note %v", run, err, note)
			}
		})
	}
}

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
