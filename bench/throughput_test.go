package bench_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"rotunda/internal/wiretest"
)

const rounds = 7

// load runs wrk on core 1 for a second, and returns requests per second and the median latency.
func load(t testing.TB, url string, connections int, headers ...string) (perSecond float64, p50 time.Duration) {
	t.Helper()
	words := []string{"-c", "1", "wrk", "-t1", "-c" + strconv.Itoa(connections), "-d1s", "--latency"}
	for _, header := range headers {
		words = append(words, "-H", header)
	}
	out, err := exec.Command("taskset", append(words, url)...).CombinedOutput()
	if err != nil {
		t.Fatalf("wrk: %v\n%s", err, out)
	}
	if bad := regexp.MustCompile(`Non-2xx|Socket errors`).Find(out); bad != nil {
		t.Fatalf("wrk %s:\n%s", url, out)
	}
	perSecond, err = strconv.ParseFloat(submatch(t, `Requests/sec:\s+([\d.]+)`, out), 64)
	if err != nil {
		t.Fatal(err)
	}
	p50, err = time.ParseDuration(submatch(t, `50%\s+([\d.]+[a-z]+)`, out))
	if err != nil {
		t.Fatal(err)
	}
	return perSecond, p50
}

func submatch(t testing.TB, pattern string, text []byte) string {
	t.Helper()
	match := regexp.MustCompile(pattern).FindSubmatch(text)
	if match == nil {
		t.Fatalf("no %s in:\n%s", pattern, text)
	}
	return string(match[1])
}

// throughput compares cached reads with a bare server, in rounds. The machine is calm if the bare
// server, which runs twice in each round, is as fast both times.
func throughput(t *testing.T) (calm bool, _ []row) {
	azure := wiretest.StartAzure(t, wiretest.Options{})
	bare, quiet, logging, node := goProgram(t, "bare"), handlerProgram(t, azure, "LOG_LEVEL=warn"), handlerProgram(t, azure, "OTEL_EXPORTER_OTLP_ENDPOINT="+wiretest.StartCollector(t).URL()), nodeProgram(t, "map")
	naive := goProgram(t, "naive")
	var urls []string
	for _, p := range []program{bare, bare, quiet, logging, node, naive} {
		p.pinned = true
		r := p.start(t)
		defer r.stop()
		r.await(t, map[bool]string{true: "/api/health", false: "/api/secrets/a"}[p.name == "rotunda"])
		if p.name == "rotunda" {
			setSecret(t, r.url)
		}
		urls = append(urls, r.url+"/api/secrets/a")
	}
	const parent = "traceparent: " + traceparent
	var again, off, on, nodes, naives, one []float64
	for range rounds {
		limit, _ := load(t, urls[0], 32)
		second, _ := load(t, urls[1], 32)
		ours, _ := load(t, urls[2], 32)
		logged, _ := load(t, urls[3], 32, parent)
		peer, _ := load(t, urls[4], 32)
		plain, _ := load(t, urls[5], 32, parent)
		_, bareOne := load(t, urls[0], 1)
		_, oursOne := load(t, urls[2], 1)
		again, off, on = append(again, second/limit), append(off, ours/limit), append(on, logged/limit)
		nodes, naives = append(nodes, ours/peer), append(naives, logged/plain)
		one = append(one, float64(oursOne)/float64(bareOne))
	}
	guard := medianOf(again)
	slices.Sort(again) // all rounds except one at each end must agree
	calm = guard > 0.93 && guard < 1.07 && again[1] > 0.85 && again[len(again)-2] < 1.15
	fmt.Printf("A/A: the bare server is %.3f of itself (rounds: %.2f); calm: %v\n", guard, again, calm)
	return calm, []row{
		{"1", "cached GET, log off: req/s ÷ bare net/http", "1.00", spread(off), medianOf(off), false, 0.70, true},
		{"1", "cached GET, log off: req/s ÷ Node with a Map", "1.00", spread(nodes), medianOf(nodes), false, 1.15, true},
		{"2", "cached GET, access log and telemetry on, unsampled traceparent: req/s ÷ bare", "1.00", spread(on), medianOf(on), false, 0.55, true},
		{"2", "cached GET, access log and telemetry on, unsampled traceparent: req/s ÷ naive (mux, Marshal, slog, otelhttp)", "1.00", spread(naives), medianOf(naives), false, 2.00, true},
		{"6", "one connection: p50 ÷ bare p50", "1.00", spread(one), medianOf(one), true, 1.25, true},
	}
}

func spread(all []float64) string {
	least, most := all[0], all[0]
	for _, one := range all {
		least, most = min(least, one), max(most, one)
	}
	return fmt.Sprintf("%.2f–%.2f", least, most)
}
