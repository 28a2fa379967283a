package functions_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"rotunda/internal/standin/host"
	"rotunda/internal/wiretest"
)

// One key keeps more requests for missing names waiting than there are places for. Another key is
// served all the same.
func TestACrowdWithOneKeyDoesNotCrowdOutAnother(t *testing.T) {
	keys := &host.Keys{Functions: map[string]map[string]string{"getsecret": {"many": "key-of-many", "few": "key-of-few"}}}
	app := wiretest.Start(t, wiretest.Options{Keys: keys, Env: []string{"KEY_VAULT_CALLS_PER_SECOND=20"}})
	ctx, leave := context.WithCancel(t.Context())
	var crowd sync.WaitGroup
	var turnedAway, requests atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}}
	defer client.CloseIdleConnections()
	for range 200 {
		crowd.Go(func() {
			for ctx.Err() == nil {
				if missingSecret(ctx, client, app, requests.Add(1)) == http.StatusServiceUnavailable {
					turnedAway.Add(1)
				}
			}
		})
	}
	for turnedAway.Load() < 100 && !t.Failed() { // until all places that one caller may have are taken
		if _, err := app.Try(http.MethodGet, "/nothing", ""); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 15 {
		got := app.Do(t, http.MethodGet, fmt.Sprintf("/secrets/few-%d", i), "", "x-functions-key: key-of-few")
		if got.Status != http.StatusNotFound {
			t.Errorf("read %d of the other key: %v", i, got)
		}
	}
	leave()
	crowd.Wait()
}

// missingSecret reads a name that does not exist, and returns the status, or 0 without a response.
func missingSecret(ctx context.Context, client *http.Client, app *wiretest.App, n int64) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/secrets/none-%d", app.URL, n), nil)
	if err != nil {
		return 0
	}
	request.Header.Set("x-functions-key", "key-of-many")
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}
