package bench_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/wiretest"
)

// handlerAlone measures what CI checks too: ratios and allocations within one process.
func handlerAlone(t *testing.T) []row {
	provider := observed(t)
	costs := cheapest(
		marshalBundle(t), cachedGet(handler(t, nil, nil)), cachedGet(handler(t, io.Discard, nil)),
		cachedGet(handler(t, nil, provider)), cachedGet(handler(t, nil, provider), traceparent),
	)
	floor, off, log, observing, parent := costs[0], costs[1], costs[2], costs[3], costs[4]
	added := func(c cost) float64 { return (c.ns - off.ns) / floor.ns }
	return []row{
		{"4", "handler ns/op ÷ json.Marshal of the secret", floor.String(), off.String(), off.ns / floor.ns, true, 1.0, false},
		{"4", "handler allocs/op", "1", off.String(), off.allocs, true, 4, false},
		{"5", "access log on: added ns ÷ json.Marshal (3 µs where that takes 968 ns)", off.String(), log.String(), added(log), true, 3.1, false},
		{"5", "access log on: added allocs/op", "0", log.String(), log.allocs - off.allocs, true, 3, false},
		{"5", "telemetry on: added ns ÷ json.Marshal (0.5 µs)", off.String(), observing.String(), added(observing), true, 0.52, false},
		{"5", "telemetry on: added allocs/op", "0", observing.String(), observing.allocs - off.allocs, true, 0, false},
		{"5", "telemetry on, unsampled traceparent: added ns ÷ json.Marshal (2.5 µs)", off.String(), parent.String(), added(parent), true, 2.58, false},
	}
}

// cost is the cost of one call.
type cost struct{ ns, allocs float64 }

func (c cost) String() string { return fmt.Sprintf("%.0f ns, %.0f allocs", c.ns, c.allocs) }

// cheapest returns the lowest cost of each call in many short, interleaved runs. Other load on the
// machine only adds time, and adds it to all calls alike. Allocations are counted separately, on
// one processor, where the cache's housekeeping does not run during the call.
func cheapest(calls ...func()) []cost {
	best := make([]cost, len(calls))
	for i, call := range calls {
		best[i] = cost{ns: math.Inf(1), allocs: testing.AllocsPerRun(10_000, call)}
	}
	for range 25 {
		for i, call := range calls {
			best[i].ns = min(best[i].ns, nanoseconds(call))
		}
	}
	return best
}

// nanoseconds returns how long a call takes.
func nanoseconds(call func()) float64 {
	const times = 100_000
	began := time.Now()
	for range times {
		call()
	}
	return float64(time.Since(began).Nanoseconds()) / times
}

// TestInProcess checks the part of the table that does not need a calm machine.
func TestInProcess(t *testing.T) {
	if raceEnabled {
		t.Skip("skipped: the race detector changes what is measured; .ci/bench runs it without")
	}
	// Most of the time of a signed-in read is the token's digest, which depends on the processor.
	checkOnABusyMachine(t, func() []row { return append(handlerAlone(t), signedIn(t)[1:]...) })
}

// busy is by how much a time may miss its goal where the machine is not known: a goal was set on
// one processor, and others divide the same work differently. TestTable allows nothing.
const busy = 2

// checkOnABusyMachine measures up to three times, because a machine that is busy throughout one
// measurement is not in all of them. Counts must meet their goals, and times nearly.
func checkOnABusyMachine(t *testing.T, measure func() []row) {
	t.Helper()
	rows := measure()
	for range 2 {
		if !slices.ContainsFunc(rows, missed) {
			break
		}
		rows = measure() // other load can only make a call slower
	}
	for _, r := range rows {
		t.Logf("%s: floor %s, ours %s, ratio %.2f, goal %s %.2f", r.metric, r.floor, r.figure, r.ratio, r.sign(), r.limit)
		if missed(r) {
			t.Errorf("goal %s is missed: %s is %.2f", r.goal, r.metric, r.ratio)
		}
	}
}

func missed(r row) bool {
	switch {
	case strings.Contains(r.metric, "allocs"):
	case r.atMost:
		r.limit *= busy
	default:
		r.limit /= busy
	}
	return !r.passes()
}

// starts measures the time from exec to the first response and to the first secret, interleaved.
func starts(t *testing.T) []row {
	azure := wiretest.StartAzure(t, wiretest.Options{})
	ours, empty := handlerProgram(t, azure), goProgram(t, "empty")
	hello, sdk := nodeProgram(t, "hello"), nodeProgram(t, "sdk", append(azure.Env(wiretest.Vault), "NODE_EXTRA_CA_CERTS="+azure.CAFile(), "NO_PROXY=127.0.0.1")...)
	seed := ours.start(t)
	seed.await(t, "/")
	setSecret(t, seed.url)
	seed.stop()
	var floor, first, helloFirst, sdkFirst, secret, sdkSecret []float64
	once := func(p program, path string) float64 {
		r := p.start(t)
		defer r.stop()
		return milliseconds(r.await(t, path))
	}
	const path = "/api/secrets/a"
	for range 41 {
		floor, first = append(floor, milliseconds(empty.firstAnswer(t))), append(first, once(ours, "/"))
		helloFirst, sdkFirst = append(helloFirst, once(hello, "/")), append(sdkFirst, once(sdk, "/"))
		secret, sdkSecret = append(secret, once(ours, path)), append(sdkSecret, once(sdk, path))
	}
	ms := func(all []float64) string { return fmt.Sprintf("%.1f ms", medianOf(all)) }
	return []row{
		{"12", "exec to first answer ÷ empty net/http", ms(floor), ms(first), medianOf(first) / medianOf(floor), true, 2.0, true},
		{"12", "exec to first answer ÷ Node hello", ms(helloFirst), ms(first), medianOf(first) / medianOf(helloFirst), true, 0.35, true},
		{"12", "exec to first answer ÷ Node with the SDK", ms(sdkFirst), ms(first), medianOf(first) / medianOf(sdkFirst), true, 0.10, true},
		{"13", "exec to first secret ÷ Node with the SDK", ms(sdkSecret), ms(secret), medianOf(secret) / medianOf(sdkSecret), true, 0.20, true},
	}
}

// residents measures memory at the start and after 10,000 reads, and the size of the binary.
func residents(t *testing.T) []row {
	azure := wiretest.StartAzure(t, wiretest.Options{})
	ours, hello := handlerProgram(t, azure), nodeProgram(t, "hello")
	memory := func(p program, path string) (atStart, later float64) {
		r := p.start(t)
		defer r.stop()
		r.await(t, "/")
		atStart = r.resident(t)
		if p.name == "rotunda" {
			setSecret(t, r.url)
		}
		for range 10_000 {
			if err := get(http.DefaultClient, r.url+path, "Accept: */*"); err != nil {
				t.Fatal(err)
			}
		}
		return atStart, r.resident(t)
	}
	oursStart, oursLater := memory(ours, "/api/secrets/a")
	nodeStart, nodeLater := memory(hello, "/")
	file, err := os.Stat(filepath.Join(wiretest.AppRoot(t), "rotunda"))
	if err != nil {
		t.Fatal(err)
	}
	mb := func(bytes float64) string { return fmt.Sprintf("%.1f MB", bytes/1e6) }
	size := float64(file.Size()) / 1e6
	return []row{
		{"14", "resident at the start ÷ Node hello", mb(nodeStart), mb(oursStart), oursStart / nodeStart, true, 0.45, false},
		{"14", "resident after 10,000 reads ÷ Node hello", mb(nodeLater), mb(oursLater), oursLater / nodeLater, true, 0.60, false},
		{"14", "binary, MB", "", mb(float64(file.Size())), size, true, 24, false},
	}
}
