package functions_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"rotunda/internal/secret"
	"rotunda/internal/wiretest"
)

// maxResident is the promise of docs/performance.md about memory under attack.
const maxResident = 256 << 20

// The app stays small, and others' requests go on, while callers do what would fill its memory:
// they hold connections, send slowly, and do not read what they asked for. The attacks add up.
func TestMemoryUnderAttack(t *testing.T) {
	if wiretest.Raced() {
		t.Skip("skipped: the race detector needs several times the memory")
	}
	app := wiretest.Start(t, wiretest.Options{Env: append([]string{"SECRET_CACHE_TTL=1h"}, plenty...)})
	direct(app)
	prepareBig(t, app)
	prepareTagged(t, app)
	set(t, app, "awkward", strings.Repeat(`\u0001`, 25_000)) // six bytes each in a response
	nested := `{"value":"{\"` + wiretest.Canary + `\":` + strings.Repeat("[", 300) + strings.Repeat("0,", 11_000) + "0" + strings.Repeat("]", 300) + `}"}`
	if got := app.Do(t, http.MethodPut, "/secrets/nested", nested); got.Status != http.StatusOK {
		t.Fatal(got)
	}
	same, several := make([]string, 200), make([]string, 200)
	for i := range 200 {
		same[i], several[i] = "big-0", fmt.Sprintf("big-%d", i%50)
	}
	for _, attack := range []struct {
		name        string
		connections int
		sends       string
	}{
		{"a batch of one secret", 60, post("/api/secrets/batch-get", batch(same...))},
		{"a batch of several", 60, post("/api/secrets/batch-get", batch(several...))},
		{"variables of one secret", 60, "GET /api/secrets/env?names=" + variables("awkward") + " HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n"},
		{"fields of one secret", 60, "GET /api/secrets/env?names=" + variables("nested") + "&field=" + wiretest.Canary + strings.Repeat("[0]", 300) + " HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"pipelined reads", 500, strings.Repeat("GET /api/secrets/big-1 HTTP/1.1\r\nHost: x\r\n\r\n", 200)},
		{"bodies without their end", 200, strings.TrimSuffix(post("/api/secrets/a", `{"value":"`+strings.Repeat("x", 1<<20-20)+`"}`), `"}`)},
		{"headers without their end", 500, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("x", 40<<10)},
		{"backups", 20, strings.Repeat(post("/api/secrets/old/backup", ""), 10)},
		{"lists", 1000, strings.Repeat("GET /api/secrets HTTP/1.1\r\nHost: x\r\n\r\n", 3)},
		{"idle connections", 10_000, ""},
	} {
		hold(t, app, attack.connections, attack.sends)
		othersGoOn(t, app, attack.name)
		t.Logf("%s: resident at most %d MB", attack.name, peakBytes(app)>>20)
	}
	if peak := peakBytes(app); peak > maxResident {
		t.Errorf("resident %d MB, want at most %d", peak>>20, maxResident>>20)
	}
}

// prepareBig sets 50 secrets of the largest size, which are in the cache then, and one with many
// versions.
func prepareBig(t *testing.T, app *wiretest.App) {
	t.Helper()
	body := `{"value":"` + wiretest.Canary + strings.Repeat("x", 25*1024-len(wiretest.Canary)) + `"}`
	together(10, func(caller int) { // few at once, because a slow disk must keep each within the time of a call
		for i := caller; i < 100; i += 10 {
			name := "old"
			if i < 50 {
				name = fmt.Sprintf("big-%d", i)
			}
			if got := app.Do(t, http.MethodPut, "/secrets/"+name, body); got.Status != http.StatusOK {
				t.Error(got)
			}
			if got := app.Do(t, http.MethodGet, "/secrets/"+name, ""); got.Status != http.StatusOK {
				t.Error(got)
			}
		}
	})
}

// prepareTagged sets as many secrets as a page holds, with the longest tags. Each character of
// them takes six bytes in JSON.
func prepareTagged(t *testing.T, app *wiretest.App) {
	t.Helper()
	tags := map[string]string{}
	for i := range secret.MaxTags {
		tags[fmt.Sprintf("%02d", i)+strings.Repeat("\x01", secret.MaxTagLength-2)] = strings.Repeat("\x01", secret.MaxTagLength)
	}
	body, err := json.Marshal(map[string]any{"value": wiretest.Canary, "tags": tags})
	if err != nil {
		t.Fatal(err)
	}
	together(secret.MaxPageSize, func(i int) {
		if got := app.Do(t, http.MethodPut, fmt.Sprintf("/secrets/a-tagged-%d", i), string(body)); got.Status != http.StatusOK {
			t.Error(got)
		}
	})
}

// Anybody may read the description. Those who do not read it to its end take no room from others,
// whatever they call themselves.
func TestTheDescriptionTakesNoRoom(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Env: append([]string{"SECRET_CACHE_TTL=1h"}, plenty...)})
	direct(app)
	prepareBig(t, app)
	for i := range 400 {
		hold(t, app, 1, strings.Repeat(fmt.Sprintf("GET /api/openapi.json HTTP/1.1\r\nHost: x\r\nX-Functions-Key: nobody-%d\r\n\r\n", i), 50))
	}
	othersGoOn(t, app, "the description")
	if got := app.Do(t, http.MethodGet, "/secrets/env?names="+variables("big-5"), "", "x-functions-key: another"); got.Status != http.StatusOK {
		t.Errorf("a response of 5 MB: %.300v", got)
	}
}

func othersGoOn(t *testing.T, app *wiretest.App, attack string) {
	t.Helper()
	for _, request := range []struct{ method, path, body string }{
		{http.MethodGet, "/secrets/big-3", ""},
		{http.MethodPut, "/secrets/small", `{"value":"canary-small"}`},
		{http.MethodPost, "/secrets/batch-get", batch("big-4", "small")},
		{http.MethodGet, "/secrets?prefix=small", ""},
	} {
		began := time.Now()
		got := app.Do(t, request.method, request.path, request.body, "x-functions-key: another")
		if got.Status != http.StatusOK || strings.Contains(got.Body, `"status":503`) || time.Since(began) > 30*time.Second {
			t.Errorf("%s: %s %s after %s: %d", attack, request.method, request.path, time.Since(began), got.Status)
		}
	}
	// Health waits only 1.5 s for the vault, which is in this process and as busy as the machine.
	eventually(t, app, "/health", func(a wiretest.Answer) bool { return a.Status == http.StatusOK })
}

// variables returns as many variables of one secret as a request may have.
func variables(of string) string {
	all := make([]string, 200)
	for i := range all {
		all[i] = fmt.Sprintf("V%d:%s", i, of)
	}
	return strings.Join(all, ",")
}

func post(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

// hold opens connections that send something and never read, until the test ends.
func hold(t *testing.T, app *wiretest.App, connections int, sends string) {
	t.Helper()
	together(min(connections, 64), func(worker int) {
		for i := worker; i < connections; i += 64 {
			conn, err := net.Dial("tcp", app.Host.HandlerAddr())
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			_ = conn.(*net.TCPConn).SetReadBuffer(4096)
			_ = conn.SetWriteDeadline(time.Now().Add(2 * time.Second)) // the app may have stopped reading
			_, _ = io.WriteString(conn, sends)
		}
	})
}

// peakBytes returns the most memory that the handler ever had resident, on Linux, and 0 elsewhere.
func peakBytes(app *wiretest.App) int64 {
	if runtime.GOOS != "linux" {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", app.Host.HandlerPID()))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	var kilobytes int64
	_, _ = fmt.Sscan(after, &kilobytes)
	return kilobytes << 10
}

// A body that is too large is answered, however much of it the caller still sends.
func TestABodyThatIsTooLarge(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	for _, size := range []int{2 << 20, 10 << 20} {
		for _, request := range []struct{ method, path string }{
			{http.MethodPut, "/secrets/a"},
			{http.MethodPatch, "/secrets/a"},
			{http.MethodPost, "/secrets/batch-get"},
		} {
			for range 3 {
				got, err := app.Try(request.method, request.path, `{"value":"`+strings.Repeat("x", size)+`"}`)
				if err != nil || got.Status != http.StatusRequestEntityTooLarge || !strings.Contains(got.Body, "RequestBodyTooLarge") {
					t.Errorf("%s %s with %d MB: %d %s %v", request.method, request.path, size>>20, got.Status, got.Body, err)
				}
			}
		}
	}
	// nor does a body get in the way of an answer that does not depend on it
	if got := app.Do(t, http.MethodPost, "/secrets/nope/backup", strings.Repeat("x", 10<<20)); got.Status != http.StatusNotFound && got.Status != http.StatusBadRequest {
		t.Errorf("a body that no operation reads: %v", got)
	}
}

// What backup returns, restore accepts.
func TestBackupOfManyVersions(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Env: plenty})
	const versions = 45
	for i := range versions {
		body := fmt.Sprintf(`{"value":"%s%02d%s"}`, wiretest.Canary, i, strings.Repeat("x", 20<<10))
		if got := app.Do(t, http.MethodPut, "/secrets/a", body); got.Status != http.StatusOK {
			t.Fatal(got)
		}
	}
	blob := app.Do(t, http.MethodPost, "/secrets/a/backup", "")
	app.Do(t, http.MethodDelete, "/secrets/a?wait=true", "")
	app.Do(t, http.MethodDelete, "/deletedsecrets/a", "")
	restored := eventuallyRestored(t, app, blob.Body)
	if restored.Status != http.StatusOK || len(blob.Body) < 1<<20 {
		t.Fatalf("restoring %d bytes: %v", len(blob.Body), restored)
	}
	if got := app.Do(t, http.MethodGet, "/secrets/a", ""); !strings.Contains(got.Body, fmt.Sprintf("%s%02d", wiretest.Canary, versions-1)) {
		t.Errorf("after the restore: %d", got.Status)
	}
	if got, err := app.Try(http.MethodPost, "/secrets/restore", `{"value":"`+strings.Repeat("x", 25<<20)+`"}`); err != nil || got.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("more than 500 versions: %d %v", got.Status, err)
	}
}

// eventuallyRestored repeats a restore until the purge is complete.
func eventuallyRestored(t *testing.T, app *wiretest.App, blob string) (got wiretest.Answer) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if got = app.Do(t, http.MethodPost, "/secrets/restore", blob); got.Status != http.StatusConflict {
			return got
		}
	}
	return got
}
