package azfunc_test

import (
	"testing"
	"testing/synctest"

	"rotunda/internal/azfunc"
)

func TestStartingAnswersTheProbeAndLetsRequestsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starting := azfunc.NewStarting()
		if got := ask(starting, "GET", "/"); got.Code != 200 || got.Body.Len() != 0 {
			t.Errorf("GET /: %d %s", got.Code, got.Body)
		}
		answered := make(chan string, 1)
		go func() { answered <- ask(starting, "GET", "/api/x").Body.String() }()
		synctest.Wait()
		select {
		case early := <-answered:
			t.Fatalf("answered %q before there was an app", early)
		default:
		}
		starting.Ready(says("app"))
		if got := <-answered; got != "app  " {
			t.Errorf("answered %q", got)
		}
	})
}
