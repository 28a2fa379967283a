package engine

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"rotunda/internal/rotation"
)

// TestModelled prints what the model reached. It must run after the rest of the model; its file's
// name ensures that.
func TestModelled(t *testing.T) {
	coverage.Lock()
	defer coverage.Unlock()
	all := newTally()
	for _, class := range allClasses {
		if reached := coverage.of[class]; reached != nil {
			fmt.Fprintf(os.Stdout, "model: class %s: %s schedules, %s states\n", class, thousands(reached.schedules), thousands(len(reached.states)))
			all.add(reached)
		}
	}
	ran := coverage.ran
	coverage.of, coverage.ran = map[rotation.Class]*tally{}, 0 // for the next run with -count
	t.Log(slices.Sorted(maps.Keys(all.situations)), all.situations)
	if small || ran < 9*len(allClasses) {
		t.Skip("only a part of the model ran")
	}
	for i := 1; i <= 14; i++ {
		if situation := fmt.Sprintf("R%d", i); all.situations[situation] == 0 {
			t.Errorf("no schedule reaches %s", situation)
		}
	}
	for _, r := range resumeTable {
		if followed := r.name + " " + string(r.next); all.situations[followed] == 0 && !unreached[r.why] {
			t.Errorf("no schedule follows the row %s", followed)
		}
	}
}

// unreached lists the reasons that the model's people and providers never cause.
var unreached = map[reason]bool{movedByHand: true, allRejected: true, refusedAndRejected: true, baseRejected: true}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
