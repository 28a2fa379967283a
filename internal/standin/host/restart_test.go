package host_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/host"
)

func TestFailuresThatStopTheHost(t *testing.T) {
	const soon, late = time.Minute, 31 * time.Minute
	equal(t, "three in a row", host.CountFailures(0, soon, soon), 3)
	equal(t, "each within half an hour of the one before", host.CountFailures(0, 29*time.Minute, 29*time.Minute), 3)
	equal(t, "a long pause starts a new count", host.CountFailures(0, soon, late, soon), 0)
	equal(t, "three after the pause", host.CountFailures(0, soon, late, soon, soon), 5)
}

func TestRequestsWaitForTheHandler(t *testing.T) {
	gate, environment := newGate(t)
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{}, environment)
	gate.await(t, "start")
	answered := make(chan int)
	go func() { answered <- r.send(t, "GET", "/api/pid", "").status }()
	select {
	case <-answered:
		t.Fatal("a request got a response before the handler listened")
	default:
	}
	gate.open()
	equal(t, "status", await(t, "the answer", answered), 200)
	check(t, r.WaitReady(t.Context()))
}

func TestKilledHandlerIsRestarted(t *testing.T) {
	modes(t, func(t *testing.T, mode host.Mode) {
		r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: mode})
		before := r.send(t, "GET", "/api/pid", "").body
		addr := r.HandlerAddr()
		check(t, r.KillHandler())
		after := r.send(t, "GET", "/api/pid", "").body
		if before == after || after == "" {
			t.Errorf("the process was %s and is %s", before, after)
		}
		equal(t, "address", r.HandlerAddr(), addr)
	})
}

// A request that the handler had begun fails when it dies, but a newer host resends one without a
// body.
func TestKillDuringRequest(t *testing.T) {
	for _, row := range []struct {
		mode   host.Mode
		method string
		body   string
		want   int
	}{
		{host.Older, "GET", "", 500},
		{host.Older, "POST", "body", 500},
		{host.Newer, "POST", "body", 500},
		{host.Newer, "DELETE", "", 200},
	} {
		t.Run(row.method+row.body, func(t *testing.T) {
			gate, environment := newGate(t)
			r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: row.mode}, environment)
			gate.await(t, "start")
			gate.open()
			answered := make(chan answer)
			go func() { answered <- r.send(t, row.method, "/api/hang", row.body) }()
			gate.await(t, "hang")
			check(t, r.KillHandler())
			gate.await(t, "start")
			for range cap(gate.release) {
				gate.open()
			}
			got := await(t, "the answer", answered)
			equal(t, "status", got.status, row.want)
			if row.want == 500 {
				equal(t, "body", got.body, "")
			}
			equal(t, "next", r.send(t, "GET", "/api/pid", "").status, 200)
		})
	}
}

func TestThirdFailureStopsTheHost(t *testing.T) {
	gate, environment := newGate(t)
	for range cap(gate.release) {
		gate.open()
	}
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{}, environment, "TEST_EXIT_AT_START=7")
	await(t, "the end of the host", r.Done())
	equal(t, "starts", len(gate.reached), 3)
	err := r.Err()
	if !errors.Is(err, host.ErrStopped) || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("why it stopped: %v", err)
	}
	got := r.send(t, "GET", "/api/x", "")
	equal(t, "status", got.status, 503)
	if !errors.Is(r.WaitReady(t.Context()), host.ErrStopped) {
		t.Error("WaitReady does not return ErrStopped")
	}
}

func TestExitWhileServing(t *testing.T) {
	gate, environment := newGate(t)
	for range cap(gate.release) {
		gate.open()
	}
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: host.Older}, environment)
	for range 3 {
		gate.await(t, "start")
		equal(t, "exit 3 fails its request", r.send(t, "GET", "/api/exit/3", "").status, 500)
	}
	await(t, "the end of the host", r.Done())
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("why it stopped: %v", err)
	}
}

func TestExit200IsNotCounted(t *testing.T) {
	gate, environment := newGate(t)
	for range cap(gate.release) {
		gate.open()
	}
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: host.Older}, environment)
	gate.await(t, "start")
	for range 4 {
		equal(t, "status", r.send(t, "GET", "/api/exit/200", "").status, 500)
		gate.await(t, "start")
	}
	check(t, r.Err())
}

func TestExit0LeavesTheHandlerDead(t *testing.T) {
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: host.Older})
	for range 3 {
		equal(t, "status", r.send(t, "GET", "/api/exit/0", "").status, 500)
	}
	check(t, r.Err())
	r.log.await(t, "code 0")
}

func TestHandlerThatNeverAnswers(t *testing.T) {
	_, environment := newGate(t) // which stays shut
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{}, environment, "AzureFunctionsJobHost__customHandler__initializationTimeout=00:00:00.1")
	await(t, "the end of the host", r.Done())
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "did not respond to GET / within 100ms") {
		t.Errorf("why it stopped: %v", err)
	}
}

func TestFunctionTimeout(t *testing.T) {
	modes(t, func(t *testing.T, mode host.Mode) {
		gate, environment := newGate(t)
		r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: mode}, environment, "AzureFunctionsJobHost__functionTimeout=00:00:02")
		gate.await(t, "start")
		gate.open()
		answers := make(chan int)
		go func() { answers <- r.send(t, "POST", "/api/hang", "first").status }()
		gate.await(t, "hang")
		equal(t, "the one that takes too long", await(t, "an answer", answers), 500)
		gate.await(t, "start") // so the handler was replaced
		gate.open()
		equal(t, "next", r.send(t, "GET", "/api/pid", "").status, 200)
		check(t, r.Err())
		if !strings.Contains(r.log.String(), host.ErrFunctionTimeout.Error()) {
			t.Error("the log does not say so")
		}
	})
}
