package bench_test

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

var plenty = []string{"KEY_VAULT_CALLS_PER_SECOND=1000000", "SECRET_CACHE_TTL=1h"}

// startDirect starts an app, and returns its URL without the host stand-in, and a client with
// enough connections.
func startDirect(t *testing.T, latency time.Duration) (*wiretest.App, string, *http.Client) {
	t.Helper()
	app := wiretest.Start(t, wiretest.Options{Env: plenty, Unchecked: true})
	url := "http://" + app.Host.HandlerAddr() + "/api"
	setLatency(t, app, latency)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000, DialContext: (&net.Dialer{}).DialContext}}
	t.Cleanup(client.CloseIdleConnections)
	return app, url, client
}

func setLatency(t *testing.T, app *wiretest.App, latency time.Duration) {
	t.Helper()
	if err := app.Azure.Vault().SetFaults(keyvault.Faults{Latency: keyvault.Duration(latency)}); err != nil {
		t.Fatal(err)
	}
}

// together runs concurrent callers and returns how long each took, sorted.
func together(callers int, call func(i int) error) ([]time.Duration, error) {
	times := make([]time.Duration, callers)
	errs := make(chan error, callers)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			<-begin
			started := time.Now()
			if err := call(i); err != nil {
				errs <- err
			}
			times[i] = time.Since(started)
		})
	}
	close(begin)
	all.Wait()
	close(errs)
	slices.Sort(times)
	return times, <-errs
}

// perSecond runs callers in a closed loop for two seconds and returns calls per second.
func perSecond(t *testing.T, callers int, call func(i int) error) float64 {
	t.Helper()
	var mu sync.Mutex
	done, end := 0, time.Now().Add(2*time.Second)
	if _, err := together(callers, func(i int) error {
		for time.Now().Before(end) {
			if err := call(i); err != nil {
				return err
			}
			mu.Lock()
			done++
			mu.Unlock()
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return float64(done) / 2
}

// uncached measures reads that go to the vault, and compares them with a bare server that makes
// bare HTTPS requests to it. Both need a hop from the caller to a server. The caller's own bare
// requests show what that hop costs.
func uncached(t *testing.T) []row {
	app, url, client := startDirect(t, 0)
	for i := range 64 {
		app.Do(t, http.MethodPut, fmt.Sprintf("/secrets/n-%d", i), `{"value":"canary-n"}`)
	}
	token, err := app.Azure.Identity().Token(keyvault.Resource)
	if err != nil {
		t.Fatal(err)
	}
	relay := goProgram(t, "relay")
	relay.env = append(app.Azure.Env(wiretest.Vault), "TOKEN="+token)
	relaying := relay.start(t)
	t.Cleanup(relaying.stop)
	relaying.await(t, "/")
	raw := vaultClient(t, app.Azure)
	toVault := func(i int) error {
		return get(raw, fmt.Sprintf("https://contoso.vault.azure.net/secrets/n-%d?api-version=2026-04-01", i), "Authorization: Bearer "+token)
	}
	toRelay := func(i int) error {
		return get(client, fmt.Sprintf("%s/api/secrets/n-%d", relaying.url, i), "Accept: */*")
	}
	toApp := func(i int) error {
		return get(client, fmt.Sprintf("%s/secrets/n-%d", url, i), "Cache-Control: no-cache")
	}
	setLatency(t, app, 5*time.Millisecond)
	var bare, floor, ours []float64
	for range 300 {
		bare, floor, ours = append(bare, timed(t, toVault)), append(floor, timed(t, toRelay)), append(ours, timed(t, toApp))
	}
	setLatency(t, app, 20*time.Millisecond)
	var shares []float64
	var limit, figure float64
	for range 5 {
		limit, figure = perSecond(t, 64, toRelay), perSecond(t, 64, toApp)
		shares = append(shares, figure/limit)
	}
	ms := func(all []float64) string { return fmt.Sprintf("%.2f ms", medianOf(all)) }
	return []row{
		{"8", "uncached p50 at 5 ms ÷ bare server with bare HTTPS", ms(floor), ms(ours), medianOf(ours) / medianOf(floor), true, 1.10, true},
		{"8", "64 callers at 20 ms: calls/s ÷ bare server with bare HTTPS", fmt.Sprintf("%.0f/s", limit), fmt.Sprintf("%.0f/s", figure), medianOf(shares), false, 0.90, true},
		{"–", "the hop alone: bare server with bare HTTPS ÷ bare HTTPS", ms(bare), ms(floor), medianOf(floor) / medianOf(bare), true, math.Inf(1), true},
	}
}

func timed(t *testing.T, call func(int) error) float64 {
	t.Helper()
	started := time.Now()
	if err := call(0); err != nil {
		t.Fatal(err)
	}
	return milliseconds(time.Since(started))
}

// herds requests one uncached name on a thousand connections at the same time, and then again from
// the cache.
func herds(t *testing.T) []row {
	const callers, latency = 1000, 20 * time.Millisecond
	app, url, client := startDirect(t, latency)
	p99 := func(path string) time.Duration {
		times, err := together(callers, func(int) error { return get(client, url+path, "Accept: */*") })
		if err != nil {
			t.Fatal(err)
		}
		return times[callers*99/100]
	}
	var ratios []float64
	var cold, warm time.Duration
	var calls int64
	for round := range 5 {
		path := fmt.Sprintf("/secrets/herd-%d", round)
		app.Do(t, http.MethodPut, path, `{"value":"canary-herd"}`)
		p99("/health") // connections
		app.Azure.Vault().ResetCounts()
		cold = p99(path)
		calls = max(calls, app.Azure.Vault().Counts().Calls["get"])
		warm = p99(path)
		ratios = append(ratios, float64(cold)/float64(latency+warm))
	}
	return []row{
		{"10", "herd of 1,000: vault calls", "1", fmt.Sprint(calls), float64(calls), true, 1, false},
		{"10", "herd of 1,000: p99 ÷ (20 ms + p99 when warm)", (latency + warm).Round(time.Millisecond).String(), cold.Round(time.Millisecond).String(), medianOf(ratios), true, 1.5, true},
	}
}

// batches compares a read of 100 names in one request with single reads.
func batches(t *testing.T) []row {
	app, url, client := startDirect(t, 0)
	var items []string
	for i := range 100 {
		app.Do(t, http.MethodPut, fmt.Sprintf("/secrets/b-%d", i), `{"value":"canary-b"}`)
		items = append(items, fmt.Sprintf(`{"name":"b-%d"}`, i))
	}
	setLatency(t, app, 20*time.Millisecond)
	var singles []float64
	for range 20 {
		singles = append(singles, timed(t, func(int) error { return get(client, url+"/secrets/b-0", "Cache-Control: no-cache") }))
	}
	body := `{"secrets":[` + strings.Join(items, ",") + `]}`
	var walls []float64
	for range 5 {
		for i := range 100 {
			app.Do(t, http.MethodPatch, fmt.Sprintf("/secrets/b-%d", i), `{"tags":{}}`) // removes it from the cache
		}
		started := time.Now()
		if got := app.Do(t, http.MethodPost, "/secrets/batch-get", body); strings.Count(got.Body, `"status":200`) != 100 {
			t.Fatal(got)
		}
		walls = append(walls, milliseconds(time.Since(started)))
	}
	single, wall := medianOf(singles), medianOf(walls)
	show := fmt.Sprintf("%.1f ms", wall)
	return []row{
		{"11", "batch of 100 ÷ (4 × a single read)", fmt.Sprintf("%.1f ms", 4*single), show, wall / (4 * single), true, 1.25, true},
		{"11", "batch of 100: times faster than one by one", fmt.Sprintf("%.0f ms", 100*single), show, 100 * single / wall, false, 15, true},
	}
}
