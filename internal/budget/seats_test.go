package budget_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/budget"
	"rotunda/internal/secret"
)

func TestASeatIsTakenByOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seats := budget.NewSeats(1)
		leave := take(t, seats)
		began := time.Now()
		if _, err := seats.Take(t.Context()); !errors.Is(err, secret.ErrBusy) || time.Since(began) > time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		gone, leaveEarly := context.WithCancel(t.Context())
		leaveEarly()
		if _, err := seats.Take(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("of a caller that left: %v", err)
		}
		time.AfterFunc(time.Second, leave)
		take(t, seats)()
	})
}

func take(t *testing.T, seats *budget.Seats) (leave func()) {
	t.Helper()
	leave, err := seats.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return leave
}

// A seat that is left twice, at the response and at the end, is free once.
func TestLeavingTwiceFreesOneSeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seats := budget.NewSeats(2)
		first := take(t, seats)
		take(t, seats)
		first()
		first()
		take(t, seats)
		if _, err := seats.Take(t.Context()); !errors.Is(err, secret.ErrBusy) {
			t.Errorf("a third of two seats: %v", err)
		}
	})
}

// One caller has a thousand requests waiting. Another gets every second seat.
func TestSeatsGoToTheCallersInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seats := budget.NewSeats(1)
		leave := take(t, seats)
		var mu sync.Mutex
		var order []string
		var all sync.WaitGroup
		wait := func(caller string) {
			all.Go(func() {
				leave, err := seats.Take(secret.WithCaller(t.Context(), secret.CallerOf(caller)))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, caller)
				mu.Unlock()
				leave()
			})
		}
		for range 1000 {
			wait("many")
		}
		synctest.Wait()
		for range 3 {
			wait("few")
		}
		synctest.Wait()
		leave()
		all.Wait()
		if got := fmt.Sprint(order[:6]); got != "[many few many few many few]" {
			t.Errorf("turns %s", got)
		}
	})
}

// However many wait and give up, no seat is lost.
func TestASeatIsNotLostWithTheOneThatWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seats := budget.NewSeats(1)
		leave := take(t, seats)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if leave, err := seats.Take(ctx); err == nil {
					leave()
				}
			})
		}
		synctest.Wait()
		go leave()
		go cancel()
		all.Wait()
		synctest.Wait()
		take(t, seats)()
	})
}

// The seat is free before the first byte of the response is written.
func TestASeatIsFreeWhenTheResponseBegins(t *testing.T) {
	for name, respond := range map[string]func(http.ResponseWriter){
		"a status": func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) },
		"a body":   func(w http.ResponseWriter) { _, _ = w.Write([]byte("x")) },
	} {
		synctest.Test(t, func(t *testing.T) {
			seats := budget.NewSeats(1)
			leave := take(t, seats)
			recorder := &observed{ResponseRecorder: httptest.NewRecorder(), begins: func() { take(t, seats)() }}
			respond(budget.LeaveAtResponse(recorder, leave))
			if recorder.begins != nil {
				t.Errorf("%s: nothing was passed on", name)
			}
		})
	}
}

// observed calls begins once, at the start of a response.
type observed struct {
	*httptest.ResponseRecorder
	begins func()
}

func (o *observed) WriteHeader(status int) {
	o.begin()
	o.ResponseRecorder.WriteHeader(status)
}

func (o *observed) Write(text []byte) (int, error) {
	o.begin()
	return o.ResponseRecorder.Write(text)
}

func (o *observed) begin() {
	if o.begins != nil {
		o.begins()
		o.begins = nil
	}
}
