package functions_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rotunda/internal/standin"
	"rotunda/internal/standin/host"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

// plenty raises the quota for tests that are not about it.
var plenty = []string{"KEY_VAULT_CALLS_PER_SECOND=1000000"}

func set(t testing.TB, app *wiretest.App, name, value string) {
	t.Helper()
	if got := app.Do(t, http.MethodPut, "/secrets/"+name, `{"value":"`+wiretest.Canary+value+`"}`); got.Status != http.StatusOK {
		t.Fatalf("set %s: %v", name, got)
	}
}

// together runs n concurrent callers and waits for them.
func together(n int, call func(i int)) {
	var callers sync.WaitGroup
	for i := range n {
		callers.Go(func() { call(i) })
	}
	callers.Wait()
}

// direct makes app bypass the host stand-in, which would distort counts.
func direct(app *wiretest.App) { app.URL = "http://" + app.Host.HandlerAddr() + "/api" }

func TestAHerdIsOneCallToTheVault(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{VaultLatency: 100 * time.Millisecond})
	set(t, app, "a", "a")
	direct(app)
	app.Azure.Vault().ResetCounts()
	var good atomic.Int64
	together(1000, func(int) {
		if answer, err := app.Try(http.MethodGet, "/secrets/a", ""); err == nil && strings.Contains(answer.Body, "canary-a") {
			good.Add(1)
		}
	})
	if calls := app.Azure.Vault().Counts().Calls["get"]; calls != 1 || good.Load() != 1000 {
		t.Errorf("%d good answers by %d calls, want 1000 by 1", good.Load(), calls)
	}
}

// After the first call no caller waits for a challenge, a token or a TLS handshake.
func TestNoHandshakesAfterWarmUp(t *testing.T) {
	for name, http1 := range map[string]bool{"HTTP/2": false, "HTTP/1.1": true} {
		t.Run(name, func(t *testing.T) {
			app := wiretest.Start(t, wiretest.Options{DisableHTTP2: http1, Env: plenty})
			direct(app)
			set(t, app, "a", "a")
			round := func(n int) {
				together(64, func(int) {
					for range n {
						answer, err := app.Try(http.MethodGet, "/secrets/a", "", "Cache-Control: no-cache")
						if err != nil || answer.Status != http.StatusOK {
							t.Errorf("%v %v", answer, err)
						}
					}
				})
			}
			// Distinct names, so that 64 calls are in flight at the same time: equal names share a call.
			spread := func(callers int) {
				together(callers, func(i int) {
					_, _ = app.Try(http.MethodGet, fmt.Sprintf("/secrets/none-%d", i), "", "Cache-Control: no-cache")
				})
			}
			setFaults(t, app, keyvault.Faults{Latency: keyvault.Duration(500 * time.Millisecond)})
			spread(128) // twice as many, because net/http may miss a connection that is just being returned
			setFaults(t, app, keyvault.Faults{Latency: keyvault.Duration(5 * time.Millisecond)})
			// On a busy machine, a connection that was begun for an earlier call may be ready only now.
			var before, after standin.State
			for tries := 0; tries < 4 && (tries == 0 || handshakes(before, after) != [3]int64{}); tries++ {
				before = app.Azure.State()
				for range 10 {
					spread(64)
				}
				round(20)
				after = app.Azure.State()
			}
			if got := handshakes(before, after); got != [3]int64{} {
				t.Errorf("new TLS connections, token requests and challenges: %d; want none", got)
			}
		})
	}
}

// handshakes returns the TLS connections, token requests and challenges between two states.
func handshakes(before, after standin.State) [3]int64 {
	return [3]int64{after.TLSConnections - before.TLSConnections, after.TokenRequests - before.TokenRequests, after.Vault.Challenges - before.Vault.Challenges}
}

// warmedUp waits until the handler's own call of the vault at its start has ended.
func warmedUp(t *testing.T, app *wiretest.App) {
	t.Helper()
	for counts := app.Azure.Vault().Counts(); counts.Calls["list"] == 0 || counts.InFlight > 0; counts = app.Azure.Vault().Counts() {
		if _, err := app.Try(http.MethodGet, "/nothing", ""); err != nil {
			t.Fatal(err)
		}
	}
}

// The handler's warm-up does all of it, so that the first caller of a new process waits for none.
func TestWarmUpLeavesNothingForTheFirstCaller(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	warmedUp(t, app)
	before := app.Azure.State()
	if got := app.Do(t, http.MethodGet, "/secrets/a", ""); got.Status != http.StatusNotFound {
		t.Error(got)
	}
	after := app.Azure.State()
	if handshakes(before, after) != [3]int64{} {
		t.Errorf("the first caller paid: before %+v, after %+v", before, after)
	}
}

func batch(names ...string) string {
	items := make([]string, len(names))
	for i, name := range names {
		items[i] = `{"name":"` + name + `"}`
	}
	return `{"secrets":[` + strings.Join(items, ",") + `]}`
}

func names(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("b-%d", i)
	}
	return all
}

func TestBatchesReadThirtyTwoAtOnce(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Env: plenty})
	all := names(200)
	for _, name := range all {
		set(t, app, name, name)
	}
	// Long enough for a busy machine to get 32 of them in flight.
	setFaults(t, app, keyvault.Faults{Latency: keyvault.Duration(400 * time.Millisecond)})
	app.Azure.Vault().ResetCounts()
	together(2, func(i int) { // batches of different names, because equal names share a read
		got := app.Do(t, http.MethodPost, "/secrets/batch-get", batch(all[100*i:100*(i+1)]...))
		if strings.Count(got.Body, `"status":200`) != 100 {
			t.Errorf("%v", got)
		}
	})
	counts := app.Azure.Vault().Counts()
	if counts.PeakInFlight != 32 || counts.Calls["get"] != 200 {
		t.Errorf("peak in flight %d, %d calls; want 32 and 200", counts.PeakInFlight, counts.Calls["get"])
	}
}

func TestBatchSizes(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Env: plenty})
	if got := app.Do(t, http.MethodPost, "/secrets/batch-get", batch(names(200)...)); strings.Count(got.Body, `"status":404`) != 200 {
		t.Errorf("200 names: %v", got)
	}
	got := app.Do(t, http.MethodPost, "/secrets/batch-get", batch(names(201)...))
	if got.Status != http.StatusBadRequest || !strings.Contains(got.Body, "1 to 200") {
		t.Errorf("201 names: %v", got)
	}
}

// After its set has returned, a caller never reads an older value, even if others read meanwhile.
func TestWritesBeatLoadsInFlight(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{VaultLatency: 5 * time.Millisecond, Env: plenty})
	set(t, app, "a", "0")
	var written atomic.Int64
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 16 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				least := written.Load()
				answer, err := app.Try(http.MethodGet, "/secrets/a", "", "Accept: text/plain")
				var got int64
				if _, scanErr := fmt.Sscanf(answer.Body, wiretest.Canary+"%d", &got); err != nil || scanErr != nil || got < least {
					t.Errorf("read %q (%v) after %d was acknowledged", answer.Body, err, least)
					return
				}
			}
		})
	}
	for i := int64(1); i <= 50; i++ {
		set(t, app, "a", fmt.Sprint(i))
		written.Store(i)
	}
	close(stop)
	readers.Wait()
}

// patience is only reached when a test fails.
const patience = 3 * time.Minute

// eventually repeats a GET until the answer is good. It is for durations of the app that must
// pass.
func eventually(t *testing.T, app *wiretest.App, path string, good func(wiretest.Answer) bool) wiretest.Answer {
	t.Helper()
	var got wiretest.Answer
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if got = app.Do(t, http.MethodGet, path, ""); good(got) {
			return got
		}
	}
	t.Fatalf("GET %s: still %v", path, got)
	return got
}

func TestStaleWhileTheVaultIsAway(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Env: []string{"SECRET_CACHE_TTL=200ms", "SECRET_CACHE_MAX_STALE=6s"}})
	set(t, app, "a", "a")
	app.Do(t, http.MethodGet, "/secrets/a", "")
	setFaults(t, app, keyvault.Faults{Calls: []keyvault.Fault{{Kind: keyvault.DropBefore}}})
	stale := eventually(t, app, "/secrets/a", func(a wiretest.Answer) bool {
		return a.Header.Get("x-rotunda-stale") == "true" && a.Header.Get("Age") != "0"
	})
	if stale.Status != http.StatusOK || !strings.Contains(stale.Body, "canary-a") {
		t.Error(stale)
	}
	eventually(t, app, "/secrets/a", func(a wiretest.Answer) bool { return a.Status == http.StatusBadGateway })
	setFaults(t, app, keyvault.Faults{})
	fresh := eventually(t, app, "/secrets/a", func(a wiretest.Answer) bool { return a.Status == http.StatusOK })
	if fresh.Header.Get("x-rotunda-stale") != "" {
		t.Error(fresh)
	}
}

func TestAnEventMakesMemoryForget(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	other := wiretest.Start(t, wiretest.Options{Azure: app.Azure}) // another instance on the same vault
	set(t, app, "a", "old")
	app.Do(t, http.MethodGet, "/secrets/a", "")
	set(t, other, "a", "new")
	if got := app.Do(t, http.MethodGet, "/secrets/a", ""); !strings.Contains(got.Body, "canary-old") {
		t.Fatalf("this instance should still have the old value: %v", got)
	}
	for _, row := range []struct{ event, log, reads string }{
		{`{"eventType":"Microsoft.KeyVault.SecretNearExpiry","data":{"VaultName":"contoso","ObjectName":"a"}}`, "neither the tag", "canary-old"},
		{`{"eventType":"Microsoft.KeyVault.SecretNewVersionCreated","data":{"VaultName":"fabrikam","ObjectName":"a"}}`, "another vault", "canary-old"},
		{`{"eventType":"Microsoft.KeyVault.SecretNewVersionCreated","data":{}}`, "not a secret's name", "canary-old"},
		{
			`{"specversion":"1.0","type":"Microsoft.KeyVault.SecretNewVersionCreated","data":{"vaultName":"Contoso","ObjectName ":" a","Version":" ee05","NBF":null,"EXP":"1"}}`,
			"removed a from the cache", "canary-new",
		},
	} {
		result, err := app.Host.Invoke(t.Context(), "onvaultevent", host.Event([]byte(row.event)))
		if err != nil || !strings.Contains(strings.Join(result.Logs, "\n"), row.log) {
			t.Errorf("%s: %v, %v", row.event, result, err)
		}
		if got := app.Do(t, http.MethodGet, "/secrets/a", ""); !strings.Contains(got.Body, row.reads) {
			t.Errorf("after %s: %v, want %s", row.event, got, row.reads)
		}
	}
}

// The vault accepts connections and never answers. A name that is in memory is served within about
// a second, by batches too, and health says that the vault is unreachable. The limit here leaves
// room for a busy machine; without patience, these take ten and thirty seconds.
func TestStaleWithinASecondWhileTheVaultHangs(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Env: []string{"SECRET_CACHE_TTL=200ms", "SECRET_CACHE_MAX_STALE=5m"}})
	all := names(40)
	for _, name := range all {
		set(t, app, name, name)
	}
	if got := app.Do(t, http.MethodPost, "/secrets/batch-get", batch(all...)); strings.Count(got.Body, `"status":200`) != len(all) {
		t.Fatal(got)
	}
	setFaults(t, app, keyvault.Faults{Calls: []keyvault.Fault{{Kind: keyvault.Delay, Delay: keyvault.Duration(time.Minute)}}})
	eventually(t, app, "/secrets/b-0", func(a wiretest.Answer) bool { return a.Header.Get("x-rotunda-stale") == "true" })
	readCold(t, app)
	for _, row := range []struct {
		method, path, body, has string
		status                  int
	}{
		{http.MethodGet, "/secrets/b-0", "", "canary-b-0", http.StatusOK},
		{http.MethodGet, "/secrets/b-1", "", "canary-b-1", http.StatusOK},
		{http.MethodPost, "/secrets/batch-get", batch(all...), `"stale":true`, http.StatusOK},
		{http.MethodGet, "/health", "", `"vault":"unreachable"`, http.StatusServiceUnavailable},
	} {
		began := time.Now()
		got := app.Do(t, row.method, row.path, row.body)
		if took := time.Since(began); took > 8*time.Second || got.Status != row.status || !strings.Contains(got.Body, row.has) {
			t.Errorf("%s %s: %v after %s", row.method, row.path, got, took)
		}
	}
}

// readCold begins batches of names that are not in memory, and waits until the vault has as many
// calls as batches make at once.
func readCold(t *testing.T, app *wiretest.App) {
	t.Helper()
	const batches, atOnce = 2, 32
	vault := app.Azure.Vault()
	before := vault.Counts().Calls["get"]
	for i := range batches {
		cold := make([]string, 100)
		for j := range cold {
			cold[j] = fmt.Sprintf("cold-%d-%d", i, j)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, app.URL+"/secrets/batch-get", strings.NewReader(batch(cold...)))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if response, err := http.DefaultClient.Do(request); err == nil {
				_ = response.Body.Close()
			}
		}()
	}
	for vault.Counts().Calls["get"] < before+atOnce && !t.Failed() {
		if _, err := app.Try(http.MethodGet, "/nothing", ""); err != nil {
			t.Fatal(err)
		}
	}
}
