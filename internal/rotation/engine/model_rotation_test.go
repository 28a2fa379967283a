package engine

import (
	"testing"

	"rotunda/internal/rotation"
)

var allClasses = []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single, rotation.DualKey, rotation.Issued, rotation.ValueOnly}

// onEvent delivers the event with which a rotation starts: the latest version nears its expiry.
func (w *world) onEvent() {
	all := w.vault.versions(theName)
	w.run(Request{Name: theName, Version: all[len(all)-1].Version, By: ByEvent})
}

// oneRotation is a rotation with the faults that the scenario allows, until its old credential is
// retired.
func oneRotation(w *world) {
	w.season()
	w.onEvent()
	w.breakSettling()
	w.settle()
	if w.repeated {
		w.sleep(50 * day)
		w.onEvent()
		w.settle()
	}
	w.ends()
}

// season first completes a rotation without faults, if the scenario wants that.
func (w *world) season() {
	if w.seasoned {
		w.onEvent()
		w.settle()
		w.sleep(50 * day)
	}
	w.faults = w.budget
}

// maxBroken is how many attempts may meet a fault or a person.
const maxBroken = 4

// breakSettling is settle with faults and with a person, as long as either has something left to
// do.
func (w *world) breakSettling() {
	for range maxBroken {
		if w.faults == 0 && len(w.steps) == 0 || w.broken != "" || w.settled() {
			break
		}
		w.mayMeddle()
		w.sleepToWork()
		if w.sweepNames() {
			w.run(Request{Name: theName, By: BySweep})
		}
	}
}

func TestModelOneFault(t *testing.T) {
	for _, class := range allClasses {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			explore(t, scenario{class: class}, oneRotation)
			explore(t, scenario{class: class, budget: 1, slow: true, repeated: true}, oneRotation)
			explore(t, scenario{class: class, budget: 1, slow: true, seasoned: true}, oneRotation)
			explore(t, scenario{class: class, budget: 1, seasoned: true, repeated: true}, oneRotation)
		})
	}
}

func TestModelTwoFaults(t *testing.T) {
	for _, class := range allClasses {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			explore(t, scenario{class: class, budget: 2}, oneRotation)
		})
	}
}
