package budget_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/budget"
	"rotunda/internal/secret"
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

func TestASeatIsTakenByOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seat := budget.NewSeat()
		leave, err := seat.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := seat.Take(t.Context()); !errors.Is(err, secret.ErrBusy) || time.Since(began) > time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		gone, leaveEarly := context.WithCancel(t.Context())
		leaveEarly()
		if _, err := seat.Take(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("of a caller that left: %v", err)
		}
		time.AfterFunc(time.Second, leave)
		leave, err = seat.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		leave()
	})
}
