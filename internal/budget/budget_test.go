package budget_test

import (
	"fmt"
	"testing"

	"rotunda/internal/budget"
	"rotunda/internal/fair"
)

func TestBytesAreBounded(t *testing.T) {
	b, one := budget.NewBytes(10), fair.ShareOf(t.Context(), "one")
	for i, step := range []struct {
		take, giveBack int
		want           bool
	}{
		{25, 0, true}, // nothing is held, so a large piece fits
		{1, 25, false},
		{6, 0, true},
		{5, 0, false},
		{4, 0, true},
		{1, 10, false},
		{11, 11, true},
	} {
		if got := b.Take(one, step.take); got != step.want {
			t.Errorf("step %d: Take(%d) = %v", i, step.take, got)
		}
		b.Return(one, step.giveBack)
	}
}

// However much each of some callers takes, there is room for the next one.
func TestThereAreBytesForTheNextCaller(t *testing.T) {
	const most = 10_000
	b := budget.NewBytes(most)
	for caller := range 4 {
		of, held := fair.ShareOf(t.Context(), fmt.Sprint(caller)), 0
		for b.Take(of, 1) {
			held++
		}
		t.Logf("caller %d holds %d", caller, held)
		if caller == 0 && (held < most*4/5-1 || held > most*4/5+1) || held == 0 {
			t.Errorf("caller %d holds %d of %d", caller, held, most)
		}
	}
}
