package budget_test

import (
	"testing"

	"rotunda/internal/budget"
)

func TestBytesAreBounded(t *testing.T) {
	b := budget.NewBytes(10)
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
		if got := b.Take(step.take); got != step.want {
			t.Errorf("step %d: Take(%d) = %v", i, step.take, got)
		}
		b.Return(step.giveBack)
	}
}
