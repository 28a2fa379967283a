package engine

import (
	"testing"

	"rotunda/internal/rotation"
)

var allClasses = []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single, rotation.DualKey, rotation.Issued, rotation.ValueOnly}

// onEvent is how a rotation begins: Key Vault says that the latest version nears its expiry.
func (w *world) onEvent() {
	all := w.vault.versions(theName)
	w.run(Request{Name: theName, Version: all[len(all)-1].Version, By: ByEvent})
}

// oneRotation is a rotation with what faults the scenario allows, until its old credential is
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

// season lets a rotation without faults go before.
func (w *world) season() {
	if w.seasoned {
		w.onEvent()
		w.settle()
		w.sleep(50 * day)
	}
	w.faults = w.budget
}

// maxBroken is how many attempts may meet with a fault or a human.
const maxBroken = 4

// breakSettling is settle with faults, and a human, for as long as there are any.
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
