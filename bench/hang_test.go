package bench_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

const (
	hangCallers = 50
	hangTTL     = 3 * time.Second
)

// hangs measures reads while the vault accepts requests and does not answer for a minute: 50
// callers of 50 names past their TTL, and cached reads without and with 50 cold names beside them.
func hangs(t *testing.T) []row {
	f := startPastTTL(t, keyvault.Fault{Kind: keyvault.Delay, Delay: keyvault.Duration(time.Minute)})
	calm := f.hotReads(t)
	crowded := f.besideColdNames(t, func() float64 { return f.hotReads(t) })
	p99 := f.staleP99(t)
	us := func(ms float64) string { return fmt.Sprintf("%.0f µs", 1000*ms) }
	return []row{
		{"19", "the vault hangs: p99 of 50 stale answers, s", "30 s", p99.Round(time.Millisecond).String(), p99.Seconds(), true, 1.2, false},
		{"19", "the vault hangs: cached p50 beside 50 cold names ÷ without", us(calm), us(crowded), crowded / calm, true, 1.1, true},
	}
}

// refusals measures the same stale answers while the vault fails in other ways, for comparison.
func refusals(t *testing.T) []row {
	var rows []row
	for _, r := range []struct {
		name  string
		fault keyvault.Fault
	}{
		{"answers 429", keyvault.Fault{Kind: keyvault.Throttle}},
		{"answers 503", keyvault.Fault{Kind: keyvault.Error, Status: http.StatusServiceUnavailable}},
		{"drops connections", keyvault.Fault{Kind: keyvault.DropBefore}},
	} {
		f := startPastTTL(t, r.fault)
		first, then := f.staleP99(t), f.staleP99(t)
		show := fmt.Sprintf("%s, then %s", first.Round(time.Millisecond), then.Round(time.Millisecond))
		rows = append(rows, row{"–", "the vault " + r.name + ": p99 of 50 stale answers, s", "", show, first.Seconds(), true, math.Inf(1), true})
	}
	return rows
}

// failing is an app whose vault fails. It has read 50 names, which are past their TTL, and one
// that is not.
type failing struct {
	app    *wiretest.App
	url    string // of secrets
	client *http.Client
}

func startPastTTL(t *testing.T, fault keyvault.Fault) failing {
	t.Helper()
	app := wiretest.Start(t, wiretest.Options{Unchecked: true, Env: []string{
		"KEY_VAULT_CALLS_PER_SECOND=1000000", "SECRET_CACHE_MAX_STALE=10m", "SECRET_CACHE_TTL=" + hangTTL.String(),
	}})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * hangCallers}}
	t.Cleanup(client.CloseIdleConnections)
	for i := range hangCallers {
		app.Do(t, http.MethodPut, fmt.Sprint("/secrets/stale-", i), `{"value":"canary-stale"}`)
		app.Do(t, http.MethodGet, fmt.Sprint("/secrets/stale-", i), "")
	}
	app.Do(t, http.MethodPut, "/secrets/hot", `{"value":"canary-hot"}`)
	<-time.After(hangTTL)
	app.Do(t, http.MethodGet, "/secrets/hot", "")
	if err := app.Azure.Vault().SetFaults(keyvault.Faults{Calls: []keyvault.Fault{fault}}); err != nil {
		t.Fatal(err)
	}
	return failing{app, "http://" + app.Host.HandlerAddr() + "/api/secrets/", client}
}

// staleP99 reads the names past their TTL, each by a caller of its own.
func (f failing) staleP99(t *testing.T) time.Duration {
	t.Helper()
	times, err := together(hangCallers, func(i int) error { return getStale(f.client, fmt.Sprint(f.url, "stale-", i)) })
	if err != nil {
		t.Fatal(err)
	}
	return times[hangCallers*99/100]
}

// hotReads returns the median time of reads of a cached name.
func (f failing) hotReads(t *testing.T) float64 {
	t.Helper()
	var times []float64
	for end := time.Now().Add(hangTTL / 6); time.Now().Before(end); {
		times = append(times, timed(t, func(int) error { return get(f.client, f.url+"hot", "Accept: */*") }))
	}
	return medianOf(times)
}

// besideColdNames measures while 50 callers wait for names that are not in memory.
func (f failing) besideColdNames(t *testing.T, measure func() float64) float64 {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	var cold sync.WaitGroup
	for i := range hangCallers {
		cold.Go(func() {
			if request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprint(f.url, "cold-", i), nil); err == nil {
				if response, err := f.client.Do(request); err == nil {
					_ = response.Body.Close()
				}
			}
		})
	}
	for deadline := time.Now().Add(3 * time.Minute); f.app.Azure.Vault().Counts().InFlight < hangCallers; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("only %d calls are in the vault", f.app.Azure.Vault().Counts().InFlight)
		}
	}
	figure := measure()
	leave()
	cold.Wait()
	return figure
}

// getStale reads a name, whose answer must be from memory.
func getStale(client *http.Client, address string) error {
	response, err := client.Get(address)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(io.Discard, response.Body)
	if response.StatusCode != http.StatusOK || response.Header.Get("x-rotunda-stale") != "true" {
		err = errors.Join(err, fmt.Errorf("%s: %s, not marked as stale", address, response.Status))
	}
	return err
}

// TestAVaultThatHangs checks the part that does not need a calm machine, up to three times.
func TestAVaultThatHangs(t *testing.T) {
	if raceEnabled {
		t.Skip("skipped: the race detector changes what is measured; .ci/bench runs it without")
	}
	checkOnABusyMachine(t, func() []row {
		return slices.DeleteFunc(hangs(t), func(r row) bool { return r.guard })
	})
}
