package engine

import (
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// TestModelRefused: the provider's policy refuses a value or two and accepts the next, or refuses
// so many that a person has to act.
func TestModelRefused(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			for refuses := 1; refuses < maxRefused; refuses++ {
				explore(t, scenario{class: class, refuses: refuses, budget: 1}, oneRotation)
			}
			explore(t, scenario{class: class, refuses: maxRefused}, refusedForGood)
		})
	}
}

// refusedForGood checks that the engine stops after maxRefused values and asks for a person.
func refusedForGood(w *world) {
	w.onEvent()
	w.settle()
	if r := w.record(); r.state != rotation.Attention || len(w.vault.versions(secret.PendingName(theName))) != maxRefused+1 || w.target.refuses != 0 {
		w.breaks("R12", "after %d refusals the record is %s: %s", maxRefused-w.target.refuses, r.state, r.reason)
	}
	if len(w.vault.versions(theName)) != 1 || len(w.target.accepted()) != 1 {
		w.breaks("R12", "a refused value changed something")
	}
}

// TestModelLiar: if a provider reports that it took a password and did not, that shows before
// anything is published.
func TestModelLiar(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single} {
		explore(t, scenario{class: class, lies: 2}, oneRotation)
		explore(t, scenario{class: class, lies: 1, budget: 1}, oneRotation)
	}
}

// TestModelTrusting: if a provider accepts any password, no rotation starts.
func TestModelTrusting(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single} {
		explore(t, scenario{class: class, trusts: true}, trustedRotation)
	}
}

func trustedRotation(w *world) {
	w.onEvent()
	if r := w.record(); r.Operation != "" || len(w.alarms) != 1 || len(w.vault.versions(theName)) != 1 {
		w.breaks("I17", "a provider that accepts any password is rotated")
	}
	if w.sweepNames() {
		w.breaks("I17", "the sweep names what was found impossible")
	}
}

// A provider that goes on accepting what was made invalid is found out: nothing counts as retired.
func TestModelKeeping(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating} {
		explore(t, scenario{class: class, keeps: true, budget: 1}, keptRotation)
	}
}

func keptRotation(w *world) {
	w.faults = w.budget
	w.onEvent()
	w.breakSettling()
	w.faults = 0
	for range 6 {
		w.sleepToWork()
		w.run(Request{Name: theName, By: BySweep})
	}
	if r := w.record(); r.state == rotation.Closed {
		w.breaks("I20", "it counts as retired, and the target accepts %v", w.target.accepted())
	}
	if len(w.alarms) == 0 {
		w.breaks("I22", "nobody hears that the old credential is still valid")
	}
}

// A provider that is away, or takes every call and never answers, does not go unnoticed, whatever
// else fails.
func TestModelSilent(t *testing.T) {
	for _, class := range []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single} {
		explore(t, scenario{class: class, silent: true, budget: 1}, silentRotation)
		explore(t, scenario{class: class, hangs: true, budget: 1}, silentRotation)
	}
}

// silentAttempts leave room for a record that lands late and hides the count.
const silentAttempts = alarmTries + 5

func silentRotation(w *world) {
	w.faults = w.budget
	for range silentAttempts {
		w.sleepToWork()
		w.run(Request{Name: theName, By: BySweep})
	}
	r := w.record()
	if w.landed == 0 && (!r.isAlarming(time.Now()) || r.reason == "") || len(w.alarms) == 0 {
		w.breaks("I22", "after %d attempts the record says %d tries, reason %q", silentAttempts, r.tries, r.reason)
	}
	if len(w.vault.versions(theName)) != 1 {
		w.breaks("I23", "a version was published")
	}
}

// A rotation that is cancelled at any point leaves the provider as it was, or says what is left.
func TestModelCancelled(t *testing.T) {
	for _, class := range allClasses {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			explore(t, scenario{class: class, budget: 1}, cancelledRotation)
		})
	}
}

func cancelledRotation(w *world) {
	w.faults = w.budget
	w.onEvent()
	w.faults = 0
	for range 4 {
		w.sleep(policy.Cooldown + time.Minute)
		if r := w.record(); !r.open() || r.state == rotation.Retiring || w.broken != "" {
			break
		}
		w.cancel()
		if w.vault.versions(theName)[len(w.vault.versions(theName))-1].Tags[tagOperation] != "" { // published already
			w.run(Request{Name: theName, By: ByResume})
		}
	}
	r, all := w.record(), w.vault.versions(theName)
	switch {
	case r.open() && r.state != rotation.Retiring:
		w.breaks("I24", "it is %s after it was cancelled: %s", r.state, r.reason)
	case !w.observe().valid:
		w.breaks("I2", "cancelled, the latest version does not log in")
	case r.state == rotation.Abandoned && len(all) == 1 && w.class != rotation.DualKey && w.class != rotation.ValueOnly && len(w.target.accepted()) != 1:
		w.breaks("I23", "%s, and the target accepts %v", r.reason, w.target.accepted())
	}
}

// TestModelSkew: the engine makes the same calls if the vault's clock is five minutes off.
func TestModelSkew(t *testing.T) {
	for _, class := range allClasses {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			var stories [][]string
			for _, skew := range []time.Duration{0, 5 * time.Minute, -5 * time.Minute} {
				var calls []string
				explore(t, scenario{class: class, budget: 1, skew: skew}, func(w *world) {
					oneRotation(w)
					calls = append(calls, w.calls())
				})
				stories = append(stories, calls)
			}
			for i := range stories[0] {
				if stories[0][i] != stories[1][i] || stories[0][i] != stories[2][i] {
					t.Fatalf("I16: the vault's clock changes what is done:\n%s\n\n%s\n\n%s", stories[0][i], stories[1][i], stories[2][i])
				}
			}
		})
	}
}

// calls returns the story without times. It leaves out how attempts ended, because a note may
// hold a time.
func (w *world) calls() string {
	var calls []string
	for line := range strings.Lines(w.story()) {
		if !strings.Contains(line, " ends: ") {
			calls = append(calls, line[14:])
		}
	}
	return strings.Join(calls, "")
}

// TestModelEvents: an event may arrive several times, late, or out of order with others.
func TestModelEvents(t *testing.T) {
	for _, class := range allClasses {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			explore(t, scenario{class: class}, manyEvents)
			explore(t, scenario{class: class, budget: 1}, manyEvents)
		})
	}
}

// manyEvents delivers the first version's event again and again, among events that mean nothing.
func manyEvents(w *world) {
	w.faults = w.budget
	event := Request{Name: theName, Version: w.vault.versions(theName)[0].Version, By: ByEvent}
	record := Request{Name: secret.PendingName(theName), By: ByEvent}
	for _, pause := range []time.Duration{0, 0, time.Minute, policy.Cooldown, day, day, 3 * day} {
		w.sleep(pause + time.Second)
		w.run(event)
		w.run(record)
		w.run(Request{Name: theName, Version: strings.Repeat("0", 32), By: ByEvent})
	}
	w.settle()
	w.ends()
	if len(w.published) > 1 {
		w.breaks("I6", "one event made %d rotations", len(w.published))
	}
}

// TestModelHumanAndCrash: a person acts and a worker dies, at every pair of points.
func TestModelHumanAndCrash(t *testing.T) {
	for _, class := range allClasses {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			for i, human := range []string{"sets one that logs in, all at once", "writes junk", "deletes the record", "forges a record"} {
				if !small || i == 0 {
					explore(t, scenario{class: class, human: human, budget: 1, crashes: true}, meddledRotation)
				}
				if !small {
					explore(t, scenario{class: class, human: human, budget: 1, crashes: true, seasoned: true}, meddledRotation)
				}
			}
		})
	}
}
