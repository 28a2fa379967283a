package functions_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/wiretest"
)

// A provider can be anyone's server. Whatever it sends, the handler lives and stays small.
func TestRogueProvidersLeaveTheAppAlive(t *testing.T) {
	const most = 256 << 20
	app := wiretest.Start(t, wiretest.Options{})
	var all sync.WaitGroup
	for name, address := range rogues(t) {
		body := fmt.Sprintf(`{"value":"{\"username\":\"cn=app\",\"password\":\"canary-app\"}","tags":{"ProviderAddress":%q,"RotationClass":%q,"ValidityPeriodDays":"60"}}`,
			address, map[bool]string{true: "O", false: "S"}[strings.HasPrefix(address, "redis")])
		if got := app.Do(t, http.MethodPut, "/secrets/"+name, body); got.Status != http.StatusOK {
			t.Fatal(got)
		}
		for range 3 {
			all.Go(func() {
				got := app.Do(t, http.MethodPost, "/secrets/"+name+"/rotate?dryRun=true", "")
				if got.Status != http.StatusOK || !strings.Contains(got.Body, `"ready":false`) {
					t.Errorf("%s: %v", name, got)
				}
			})
		}
	}
	all.Wait()
	if got := app.Do(t, http.MethodGet, "/health", ""); got.Status != http.StatusOK {
		t.Error(got)
	}
	peak := peakMemory(t)
	if t.Logf("the handler took %d MiB at most", peak>>20); peak > most {
		t.Errorf("more than %d MiB", most>>20)
	}
}

// rogues returns the address of a server for each of some attacks.
func rogues(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for name, row := range map[string]struct {
		form         string
		first, flood string
	}{
		"redis-negative": {"redis://%s", "", "$9223372036854775800\r\n"},
		"redis-text":     {"redis://%s", "", "$40000000000\r\n"},
		"redis-array":    {"redis://%s", "", "*1000000000\r\n"},
		"redis-nesting":  {"redis://%s", "", "*1\r\n"},
		"redis-line":     {"redis://%s", "", "a"},
		"postgres-large": {"postgres://%s/app?sslmode=disable", "", "S\x40\x00\x00\x00"},
		"postgres-many":  {"postgres://%s/app?sslmode=disable", "", "S\x00\x00\x00\x08a\x00b\x00"},
		"mysql-short":    {"mysql://%s?sslmode=disable", "\x01\x00\x00\x00\x0a", "\x00"},
		"ldap-large":     {"ldap://%s?sslmode=disable", "", "\x30\x84\x7f\xff\xff\xff"},
		"ldap-many":      {"ldap://%s", "", "\x30\x03\x02\x01\x01"},
		"mysql-large":    {"mysql://%s?sslmode=disable", "\xff\xff\xff\x00", "\x0a"},
	} {
		rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
			_, _ = conn.Write([]byte(row.first))
			rotatortest.Flood(conn, []byte(row.flood))
		})
		found[name] = fmt.Sprintf(row.form, rogue.Addr)
	}
	return found
}

var peakOf = regexp.MustCompile(`(?s)PPid:\t(\d+)\n.*VmHWM:\s*(\d+) kB`)

// peakMemory returns the most memory that a child of the tests has taken, in bytes, where the
// system says so.
func peakMemory(t *testing.T) (peak int) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, process := range processes {
		text, _ := os.ReadFile(process) // it may have ended
		found := peakOf.FindStringSubmatch(string(text))
		if found == nil || found[1] != strconv.Itoa(os.Getpid()) {
			continue
		}
		kilobytes, err := strconv.Atoi(found[2])
		if err != nil {
			t.Fatal(err)
		}
		peak = max(peak, kilobytes<<10)
	}
	return peak
}
