package engine

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// byForm is a provider whose values may have line ends after the credential.
type byForm struct {
	simRotator
	at map[string]rotation.Location // by address
}

func trimmed(v secret.Value) secret.Value { return secret.NewValue(strings.TrimSpace(v.Reveal())) }

func (r byForm) Same(_ rotation.Subject, a, b secret.Value) bool { return trimmed(a).Equal(trimmed(b)) }

func (r byForm) Locate(_ context.Context, s rotation.Subject) (rotation.Location, error) {
	return r.at[s.Address], nil
}

func (r byForm) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	return r.simRotator.Probe(ctx, s, trimmed(value))
}

func (r byForm) Retire(ctx context.Context, s rotation.Subject, old secret.Value, fence rotation.Fence) error {
	if r.Same(s, s.Current, old) {
		return nil
	}
	s.Current = trimmed(s.Current)
	return r.simRotator.Retire(ctx, s, trimmed(old), fence)
}

// formed returns an engine whose provider is byForm.
func (w *world) formed(at map[string]rotation.Location) *Engine {
	k := w.newWorker("F")
	e := w.engine(k)
	e.Rotators["sim"] = byForm{simRotator{k}, at}
	return e
}

// setAgain sets a value by hand in another form.
func (w *world) setAgain(value secret.Value) {
	w.sleep(2 * time.Second)
	_, _ = w.vault.set(theName, secret.Draft{Value: secret.NewValue(value.Reveal() + "\n"), Tags: w.firstTags()})
}

// Who sets one of a rotation's credentials again in another form during its grace period does not
// keep it from ending, and what is not the latest any more is retired.
func TestAValueSetAgainInAnotherForm(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating} {
		for _, again := range []int{0, 1} { // the old one, and the new one
			inWorld(t, scenario{class: class}, func(w *world) {
				w.incident = true
				w.onEvent()
				value := w.vault.versions(theName)[again].Value
				w.setAgain(value)
				for range 3 {
					w.sleep(day + time.Hour)
					_, _ = w.formed(nil).Rotate(context.Background(), Request{Name: theName, By: BySweep})
				}
				r, accepted := w.record(), w.target.accepted()
				if r.state != rotation.Closed || !slices.Equal(accepted, []string{value.Reveal()}) {
					t.Errorf("%s, version %d again: %s (%s), accepted %v", class, again, r.state, r.reason, accepted)
				}
			})
		}
	}
}

// Who publishes the pending value by hand has published the rotation's own credential: the old one
// is retired, and not the new one.
func TestThePendingValueSetByHand(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single, rotation.ValueOnly} {
		inWorld(t, scenario{class: class}, func(w *world) {
			w.incident = true
			w.crashAtPublish()
			pending := w.record().pending()
			w.setAgain(pending)
			for range 3 {
				w.sleep(day + time.Hour)
				_, _ = w.formed(nil).Rotate(context.Background(), Request{Name: theName, By: BySweep})
			}
			r, accepted := w.record(), w.target.accepted()
			if r.state != rotation.Closed || class != rotation.ValueOnly && !slices.Equal(accepted, []string{pending.Reveal()}) {
				t.Errorf("%s: %s (%s), accepted %v", class, r.state, r.reason, accepted)
			}
		})
	}
}

// What a person has ended is not set again by a rollback, and nothing is touched.
func TestRollBackOfWhatWasEndedByHand(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single, rotation.Issued, rotation.ValueOnly} {
		for name, end := range map[string]Request{
			"rotated after a leak": {Name: theName, By: ByHand, RetireNow: true},
			"retired by hand":      {Name: theName, By: ByRetire},
		} {
			inWorld(t, scenario{class: class}, func(w *world) {
				w.incident = true
				w.onEvent()
				if w.record().state != rotation.Retiring && end.By == ByRetire {
					return // nothing to end
				}
				w.sleep(time.Minute)
				_, _ = w.attempt(end)
				record, versions, accepted := w.record(), len(w.vault.versions(theName)), w.target.accepted()
				_, err := w.whole().RollBack(context.Background(), theName)
				if !isPermanent(err) || !strings.Contains(err.Error(), "rotate?retire=now") {
					t.Errorf("%s, %s: %v", class, name, err)
				}
				if !reflect.DeepEqual(w.record(), record) || len(w.vault.versions(theName)) != versions || !slices.Equal(w.target.accepted(), accepted) {
					t.Errorf("%s, %s: something was touched", class, name)
				}
				w.sleep(policy.Cooldown)
				if _, err := w.attempt(Request{Name: theName, By: ByHand}); err != nil {
					t.Fatal(err)
				}
				if _, err := w.whole().RollBack(context.Background(), theName); err != nil {
					t.Errorf("%s, %s: the next rotation: %v", class, name, err)
				}
			})
		}
	}
}

// A worker that dies once it has ended the old credential by hand leaves a note of it.
func TestEndedByHandAndKilled(t *testing.T) {
	for before, noted := range map[string]bool{"Update record": false, "Retire": true, "Update secret": true} {
		inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
			w.incident = true
			w.onEvent()
			w.diesAt = before
			_, _ = w.attempt(Request{Name: theName, By: ByRetire})
			w.diesAt = ""
			w.sleep(2 * lease)
			if r := w.record(); r.ended != noted {
				t.Errorf("killed before %s: %+v", before, r.progress)
			}
			if noted && !w.sweepNames() {
				t.Errorf("killed before %s: the sweep waits for the grace period", before)
			}
		})
	}
}

// What a grace period is for, and that a person has ended it, share a tag.
func TestEndedIsOnRecord(t *testing.T) {
	for _, retire := range []string{"", retireBase, retirePending} {
		for _, ended := range []bool{false, true} {
			tags := record{progress: progress{retire: retire, ended: ended}}.tags(theName)
			if p := parseProgress(tags); p.retire != retire || p.ended != ended {
				t.Errorf("%q, %v: %q is %q, %v", retire, ended, tags[tagRetire], p.retire, p.ended)
			}
		}
	}
}

// One request ends all older credentials, also where somebody has set the secret in between.
func TestRetireNowInOneRequest(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating} {
		for name, interfere := range map[string]func(*world){
			"a version in the grace period": func(w *world) { w.onEvent(); w.humanReplaces(true)(); w.humanWrites(false)() },
			"a version before publishing": func(w *world) {
				w.crashAtPublish()
				w.humanReplaces(true)()
				w.humanWrites(false)()
				w.sleep(2 * lease)
			},
		} {
			inWorld(t, scenario{class: class}, func(w *world) {
				w.incident = true
				interfere(w)
				w.sleep(time.Minute)
				told := 0
				out, err := w.attempt(Request{Name: theName, By: ByHand, RetireNow: true, Started: func(rotation.Outcome) { told++ }})
				all := w.vault.versions(theName)
				latest := all[len(all)-1]
				if err != nil || told != 1 || out.State != rotation.Closed || w.byHuman[latest.Version] || !slices.Equal(w.target.accepted(), []string{latest.Value.Reveal()}) {
					t.Errorf("%s, %s: %+v, %v, accepted %v", class, name, out, err, w.target.accepted())
				}
			})
		}
	}
}

// The same for the end of a grace period by hand: the answer has every proof.
func TestRetireByHandInOneRequest(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.incident = true
		w.onEvent()
		w.humanReplaces(true)()
		w.humanWrites(false)()
		out, err := w.attempt(Request{Name: theName, By: ByRetire})
		if err != nil || out.State != rotation.Closed || !out.Retired || proof(out, "previous") != "rejected" || proof(out, "pending") != "rejected" || len(w.target.accepted()) != 1 {
			t.Errorf("%+v, %v, accepted %v", out, err, w.target.accepted())
		}
	})
}

// Cancelling a rotation whose notes were lost says which credential stays valid, and so does the
// status afterwards.
func TestCancelWithoutProofInGrace(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.onEvent()
		w.notes = map[string]string{}
		old := w.vault.versions(theName)[0].Version
		out, err := w.whole().Cancel(context.Background(), theName)
		if err != nil || !out.Alarm || !strings.Contains(out.Note, "version "+old+", stays valid") || len(w.target.accepted()) != 2 {
			t.Errorf("%+v, %v", out, err)
		}
		if s := w.status(t); s.State != rotation.None || s.Reason != out.Note {
			t.Errorf("%+v", s)
		}
		w.tag(rotation.TagProviderAddress, "")
		if s := w.status(t); s.State != rotation.None || s.Reason != out.Note {
			t.Errorf("without tags: %+v", s)
		}
	})
}

// What lost tags leave at the provider stays in the status, before and after rotation is stopped.
func TestLostTagsSayWhatIsLeft(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		w.onEvent()
		w.tag(rotation.TagProviderAddress, "")
		old := w.vault.versions(theName)[0].Version
		if s := w.status(t); s.State != rotation.Attention || !strings.Contains(s.Reason, old+", stays valid") {
			t.Errorf("in grace: %+v", s)
		}
		out, _ := w.whole().Cancel(context.Background(), theName)
		if s := w.status(t); s.State != rotation.None || s.Reason != out.Note || !strings.Contains(s.Reason, old+", stays valid") {
			t.Errorf("stopped: %+v", s)
		}
		w.tag(rotation.TagProviderAddress, address)
		if s := w.status(t); s.State != rotation.None || !strings.HasPrefix(s.Reason, "The old credential, that of version "+old) {
			t.Errorf("rotated again: %+v", s)
		}
	})
	inWorld(t, scenario{class: rotation.Single}, func(w *world) {
		w.crashAtPublish()
		w.tag(rotation.TagProviderAddress, "")
		if s := w.status(t); s.State != rotation.Attention || s.ExposedSince.IsZero() || !strings.Contains(s.Reason, "may have the new value") || !strings.Contains(s.Reason, "rotation/tags") {
			t.Errorf("open: %+v", s)
		}
	})
}

// Two secrets for one login of one running server are found out, whatever their addresses; a copy
// of the server is another one.
func TestTwinOnTheSameServer(t *testing.T) {
	const alias = "sim://alias"
	here := rotation.Location{Login: "sim 1 app", Run: "a"}
	for name, row := range map[string]struct {
		at   rotation.Location
		same bool
	}{
		"an alias":                    {here, true},
		"a copy":                      {rotation.Location{Login: "sim 1 app", Run: "b"}, false},
		"another login":               {rotation.Location{Login: "sim 1 ann", Run: "a"}, false},
		"a server that does not tell": {rotation.Location{}, false},
	} {
		inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
			w.incident = true
			at := map[string]rotation.Location{address: here, alias: row.at}
			if _, err := w.formed(at).Rotate(context.Background(), Request{Name: theName, By: ByHand}); err != nil {
				t.Fatal(err)
			}
			tags := w.firstTags()
			tags[rotation.TagProviderAddress] = alias
			_, _ = w.vault.set("twin", secret.Draft{Value: w.vault.versions(theName)[1].Value, Tags: tags})
			plan, err := w.formed(at).Preview(context.Background(), Request{Name: "twin", By: ByHand})
			if err != nil || row.same != strings.Contains(plan.Problem, theName) || row.same != (plan.Problem != "") {
				t.Errorf("%s: %+v, %v", name, plan, err)
			}
			if !row.same {
				return
			}
			if _, err := w.formed(at).Rotate(context.Background(), Request{Name: "twin", By: ByHand}); !isPermanent(err) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// The note of a login lists secrets that are rotated, and no others.
func TestTheNoteOfALoginForgetsWhatIsGone(t *testing.T) {
	here := rotation.Location{Login: "sim 1 app", Run: "a"}
	inWorld(t, scenario{class: rotation.Overlap}, func(w *world) {
		name := "at--" + hash(here.Login)
		_, _ = w.vault.set("plain", secret.Draft{Value: secret.NewValue("canary-plain")})
		w.notes[name] = "gone plain not/a/name " + strings.ToUpper(theName)
		if _, err := w.formed(map[string]rotation.Location{address: here}).Rotate(context.Background(), Request{Name: theName, By: ByHand}); err != nil || w.notes[name] != theName {
			t.Errorf("%q, %v", w.notes[name], err)
		}
	})
}

// A twin whose login was changed by the first secret's rotation is reported as such.
func TestTwinThatIsTooLate(t *testing.T) {
	inWorld(t, scenario{class: rotation.Single}, func(w *world) {
		first := w.vault.versions(theName)[0].Value
		w.onEvent()
		_, _ = w.vault.set("twin", secret.Draft{Value: first, Tags: w.firstTags()})
		if _, err := w.whole().Rotate(context.Background(), Request{Name: "twin", By: ByHand}); !isPermanent(err) || !strings.Contains(err.Error(), "changed there") || !strings.Contains(err.Error(), theName) {
			t.Errorf("%v", err)
		}
	})
}

// The message about refused values says what the provider's policy asks for.
func TestRefusedByAPolicyThatSaysWhy(t *testing.T) {
	inWorld(t, scenario{class: rotation.Overlap, refuses: 5}, func(w *world) {
		k := w.newWorker("P")
		e := w.engine(k)
		e.Rotators["sim"] = byPolicy{simRotator{k}}
		out, err := e.Rotate(context.Background(), Request{Name: theName, By: ByEvent})
		if err != nil || !out.Alarm || !strings.Contains(out.Note, "It asks for 40 characters. ") || !strings.Contains(out.Note, rotation.TagPasswordSymbols) {
			t.Errorf("%+v, %v", out, err)
		}
		w.target.refuses = 0
		w.sleep(policy.Cooldown)
		if out, err := w.attempt(Request{Name: theName, By: ByResume}); err != nil || out.State != rotation.Retiring {
			t.Errorf("once the policy has changed: %+v, %v", out, err)
		}
	})
}

// byPolicy is a provider that says what its policy asks for.
type byPolicy struct{ simRotator }

func (r byPolicy) Apply(ctx context.Context, s rotation.Subject, next secret.Value, fence rotation.Fence) error {
	err := r.simRotator.Apply(ctx, s, next, fence)
	if err != nil && err.Error() == rotation.ErrRefusedByPolicy.Error() {
		return rotation.RefusedByPolicy("It asks for 40 characters.")
	}
	return err
}
