package functions_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"rotunda/internal/wiretest"
)

// Of many writers that all have the same version, one wins; and nothing that another caller writes
// through this process is overwritten unseen.
func TestOfManyConditionalWritersOneWins(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	for round := range 5 {
		name := fmt.Sprintf("/secrets/race-%d", round)
		var created atomic.Int32
		together(16, func(i int) {
			got, err := app.Try(http.MethodPut, name, fmt.Sprintf(`{"value":"canary-%d"}`, i), "If-None-Match: *")
			if err != nil || got.Status != http.StatusOK && got.Status != http.StatusPreconditionFailed {
				t.Errorf("create: %v, %v", got, err)
			}
			if got.Status == http.StatusOK {
				created.Add(1)
			}
		})
		version := app.Do(t, http.MethodGet, name, "", "Cache-Control: no-cache").Header.Get("ETag")
		var changed, plain atomic.Int32
		together(16, func(i int) {
			var headers []string
			if i%4 > 0 {
				headers = []string{"If-Match: " + version}
			}
			got, err := app.Try(http.MethodPut, name, fmt.Sprintf(`{"value":"canary-%d"}`, i), headers...)
			switch {
			case err != nil:
				t.Error(err)
			case got.Status == http.StatusOK && len(headers) > 0:
				changed.Add(1)
			case got.Status == http.StatusOK:
				plain.Add(1)
			case got.Status != http.StatusPreconditionFailed:
				t.Errorf("change: %v", got)
			}
		})
		if created.Load() != 1 || changed.Load() > 1 || plain.Load() != 4 {
			t.Errorf("round %d: %d created, %d changed with a condition, %d without", round, created.Load(), changed.Load(), plain.Load())
		}
	}
}

// A rotation in progress holds the lock that a conditional write of the same secret needs.
func TestAConditionalWriteKeepsOutOfARotation(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	version := setDue(t, app, "due", randomTags)
	if err := app.Faults(`{"vault":{"calls":[{"kind":"delay","delay":"2s","operations":["set"],"times":1}]}}`); err != nil {
		t.Fatal(err)
	}
	started := make(chan wiretest.Answer, 1)
	go func() {
		got, _ := app.Try(http.MethodPost, "/secrets/due/rotate?wait=true", "")
		started <- got
	}()
	for app.Azure.Vault().Counts().Calls["set"] == 0 { // until the rotation writes its record
		runtime.Gosched()
	}
	got := app.Do(t, http.MethodPut, "/secrets/due", `{"value":"canary-x"}`, `If-Match: "`+version+`"`)
	if got.Status != http.StatusServiceUnavailable && got.Status != http.StatusPreconditionFailed {
		t.Errorf("during the rotation: %v", got)
	}
	if got := <-started; !strings.Contains(got.Body, `"state":"closed"`) {
		t.Errorf("the rotation: %v", got)
	}
}
