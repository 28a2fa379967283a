package engine

import (
	"context"
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
