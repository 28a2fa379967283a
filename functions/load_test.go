package functions_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

// loadTime returns how long a load test runs: $LOAD, or else standard.
func loadTime(t *testing.T, standard time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv("LOAD")
	if text == "" {
		return standard
	}
	long, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("LOAD=%s: %v", text, err)
	}
	return long
}

// 256 connections read 20 names while others write them. There are no errors, no read is older
// than an acknowledged write, and memory does not grow.
func TestLoad(t *testing.T) {
	const connections, many = 256, 20
	app := wiretest.Start(t, wiretest.Options{Env: plenty})
	direct(app)
	var written [many]atomic.Int64
	for i := range many {
		set(t, app, fmt.Sprintf("load-%d", i), "0")
	}
	var requests, failures, slowest atomic.Int64
	end := time.Now().Add(loadTime(t, 5*time.Second))
	middle := make(chan int64, 1)
	time.AfterFunc(time.Until(end)/2, func() { middle <- residentBytes(app) })
	together(connections, func(caller int) {
		for time.Now().Before(end) && failures.Load() < 10 {
			i := rand.N(many)
			var err error
			began := time.Now()
			if caller < many && rand.N(20) == 0 { // one writer per name, so that its numbers only increase
				i = caller
				err = writeNext(app, i, &written[i])
			} else {
				err = readNoOlder(app, i, written[i].Load())
			}
			if requests.Add(1); err != nil {
				failures.Add(1)
				t.Error(err)
			}
			raise(&slowest, int64(time.Since(began)))
		}
	})
	before, after := <-middle, residentBytes(app)
	t.Logf("%d requests, %d failures, the slowest took %s; resident %d MB in the middle, %d MB at the end", requests.Load(), failures.Load(), time.Duration(slowest.Load()), before>>20, after>>20)
	if before > 0 && after > before+before/2+16<<20 {
		t.Errorf("memory grew from %d to %d MB", before>>20, after>>20)
	}
}

// raise sets highest to n if n is greater.
func raise(highest *atomic.Int64, n int64) {
	for was := highest.Load(); n > was && !highest.CompareAndSwap(was, n); was = highest.Load() {
	}
}

func writeNext(app *wiretest.App, i int, written *atomic.Int64) error {
	next := written.Load() + 1
	answer, err := app.Try(http.MethodPut, fmt.Sprintf("/secrets/load-%d", i), fmt.Sprintf(`{"value":"%s%d"}`, wiretest.Canary, next))
	if err != nil || answer.Status != http.StatusOK {
		return fmt.Errorf("set: %v %w", answer, err)
	}
	written.Store(next)
	return nil
}

func readNoOlder(app *wiretest.App, i int, least int64) error {
	answer, err := app.Try(http.MethodGet, fmt.Sprintf("/secrets/load-%d", i), "", "Accept: text/plain")
	if err != nil || answer.Status != http.StatusOK {
		return fmt.Errorf("get: %v %w", answer, err)
	}
	got, err := strconv.ParseInt(strings.TrimPrefix(answer.Body, wiretest.Canary), 10, 64)
	if err != nil || got < least {
		return fmt.Errorf("read %q after %d was acknowledged (%w)", answer.Body, least, err)
	}
	return nil
}

// residentBytes returns the handler's resident memory on Linux, and 0 elsewhere.
func residentBytes(app *wiretest.App) int64 {
	if runtime.GOOS != "linux" {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", app.Host.HandlerPID()))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	var kilobytes int64
	_, _ = fmt.Sscan(after, &kilobytes)
	return kilobytes << 10
}

// lateness counts answers, and those that took over 100 ms.
type lateness struct{ all, late atomic.Int64 }

func (l *lateness) note(took time.Duration) {
	l.all.Add(1)
	if took > 100*time.Millisecond {
		l.late.Add(1)
	}
}

func (l *lateness) share() float64 { return float64(l.late.Load()) / float64(l.all.Load()) }

// The vault becomes unavailable under load. Cached names are still served, others fail
// immediately, and everything works within a second after the vault is back.
func TestVaultAwayUnderLoad(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Env: append([]string{"SECRET_CACHE_TTL=500ms", "SECRET_CACHE_MAX_STALE=10m"}, plenty...)})
	direct(app)
	set(t, app, "cached", "a")
	app.Do(t, http.MethodGet, "/secrets/cached", "")
	setFaults(t, app, keyvault.Faults{Calls: []keyvault.Fault{{Kind: keyvault.DropBefore}}})
	trip(app)
	stop := make(chan struct{})
	var callers sync.WaitGroup
	var cached, uncached lateness
	for caller := range 64 {
		callers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				started := time.Now()
				if answer, err := app.Try(http.MethodGet, "/secrets/cached", ""); err != nil || answer.Status != http.StatusOK {
					t.Errorf("the cached name: %v %v", answer, err)
					return
				}
				cached.note(time.Since(started))
				started = time.Now()
				answer, err := app.Try(http.MethodGet, fmt.Sprintf("/secrets/uncached-%d-%d", caller, i), "")
				if err != nil || answer.Status != http.StatusBadGateway {
					t.Errorf("an uncached name: %v %v", answer, err)
					return
				}
				uncached.note(time.Since(started))
			}
		})
	}
	<-time.After(loadTime(t, 3*time.Second))
	close(stop)
	callers.Wait()
	// Two probes per second take their time to fail. No other request may wait. On a busy machine
	// the cached name is slow as well.
	if uncached.share() > cached.share()+0.2 {
		t.Errorf("%.2f of %d answers took over 100 ms, and %.2f of those from the cache", uncached.share(), uncached.all.Load(), cached.share())
	}
	setFaults(t, app, keyvault.Faults{})
	back := time.Now()
	eventually(t, app, "/secrets/nope", func(a wiretest.Answer) bool { return a.Status == http.StatusNotFound })
	if took := time.Since(back); took > 5*time.Second { // leaves room for a busy machine
		t.Errorf("working again after %s, want within a second", took)
	}
}

// trip causes failures until the circuit breaker opens.
func trip(app *wiretest.App) {
	together(16, func(i int) { _, _ = app.Try(http.MethodGet, fmt.Sprintf("/secrets/trip-%d", i), "") })
}

// A slow vault must not fill memory with waiting requests.
func TestWaitingRequestsAreBounded(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Env: []string{"KEY_VAULT_CALLS_PER_SECOND=5"}})
	direct(app)
	warmedUp(t, app) // with a token: on a busy machine, the first of so many requests may get none in time
	var busy, missing atomic.Int64
	together(400, func(i int) {
		answer, err := app.Try(http.MethodGet, fmt.Sprintf("/secrets/none-%d", i), "")
		switch {
		case err != nil:
			t.Error(err)
		case answer.Status == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") != "" && strings.Contains(answer.Body, "ServerBusy"):
			busy.Add(1)
		case answer.Status == http.StatusNotFound:
			missing.Add(1)
		default:
			t.Errorf("%v", answer)
		}
	})
	if busy.Load() < 200 || missing.Load() < 25 {
		t.Errorf("%d busy, %d served; want most busy, and 25 or more served within five seconds", busy.Load(), missing.Load())
	}
}
