package callrate_test

import (
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/access/callrate"
	"rotunda/internal/apierror"
	"rotunda/internal/secret"
)

func TestACallerMayCallSoOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := callrate.New(2)
		allowed := func(caller secret.Caller) (n int) {
			for range 10 {
				if limits.Check(caller) == nil {
					n++
				}
			}
			return n
		}
		for _, want := range []int{2, 0} {
			if got := allowed(1); got != want {
				t.Errorf("%d calls of 10 were allowed, want %d", got, want)
			}
		}
		err := limits.Check(1)
		if answer := apierror.For(err); !errors.Is(err, secret.ErrThrottled) || answer.Status != 429 || answer.RetryAfter != "1" || answer.Code != "Throttled" {
			t.Errorf("%+v, %v", answer, err)
		}
		if got := allowed(2); got != 2 {
			t.Errorf("another caller: %d", got)
		}
		time.Sleep(500 * time.Millisecond)
		if got := allowed(1); got != 1 {
			t.Errorf("after half a second: %d", got)
		}
		time.Sleep(time.Hour)
		if got := allowed(1); got != 2 {
			t.Errorf("after an hour: %d", got)
		}
	})
}

func TestFurtherCallsDelayTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := callrate.New(2)
		if err := limits.Check(1); err != nil {
			t.Fatal(err)
		}
		limits.Charge(1, 200)
		if err := limits.Check(2); err != nil {
			t.Errorf("another caller: %v", err)
		}
		for _, row := range []struct{ after, wait string }{{"0s", "100"}, {"99s", "1"}, {"1s", ""}} { // two calls were free
			pause, err := time.ParseDuration(row.after)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(pause)
			wait := ""
			if err := limits.Check(1); err != nil {
				wait = apierror.For(err).RetryAfter
			}
			if wait != row.wait {
				t.Errorf("%s later: wait %q, want %q", row.after, wait, row.wait)
			}
		}
	})
}

// However many callers there are, the table stays bounded, and the one that calls too often stays
// limited while the others have not called for a while.
func TestTheTableIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := callrate.New(1)
		for i := range 9_000 {
			_ = limits.Check(secret.CallerOf(strconv.Itoa(i)))
		}
		time.Sleep(2 * time.Second)
		_ = limits.Check(1)
		for i := range 2_000 { // forgets those of before
			_ = limits.Check(secret.CallerOf("new" + strconv.Itoa(i)))
		}
		if limits.Check(1) == nil {
			t.Error("the caller was forgotten")
		}
		if n := limits.Callers(); n > 10_000 {
			t.Errorf("%d callers are remembered", n)
		}
	})
}
