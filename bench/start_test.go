package bench_test

import (
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"rotunda/internal/standin"
	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

// BenchmarkStart takes the time from exec to the first answered GET /, beside that of an empty
// net/http program, in turns. The ratio of the medians is what counts.
func BenchmarkStart(b *testing.B) {
	azure, err := standin.Start(standin.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = azure.Close() })
	handler := filepath.Join(wiretest.AppRoot(b), "rotunda")
	empty := buildEmpty(b)
	var floor, ours []time.Duration
	for b.Loop() {
		floor = append(floor, firstAnswer(b, empty, nil))
		ours = append(ours, firstAnswer(b, handler, azure.Env(wiretest.Vault)))
	}
	report(b, "ms", median(floor), median(ours))
}

func buildEmpty(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "empty")
	command := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./empty")
	if out, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// firstAnswer starts a program and asks it every 0.1 ms until it answers.
func firstAnswer(b *testing.B, program string, env []string) time.Duration {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = listener.Close()
	command := exec.Command(program)
	command.Env = append(env, "FUNCTIONS_CUSTOMHANDLER_PORT="+port)
	started := time.Now()
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}()
	for time.Since(started) < 10*time.Second {
		response, err := http.Get("http://" + address + "/")
		if err == nil {
			_ = response.Body.Close()
			return time.Since(started)
		}
		time.Sleep(100 * time.Microsecond) // the pause of the measurement itself
	}
	b.Fatalf("%s did not answer", program)
	return 0
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// report prints the floor, ours, and the ratio, in place of ns/op, which mixes them.
func report(b *testing.B, unit string, floor, ours time.Duration) {
	b.Helper()
	scale := map[string]float64{"ms": float64(time.Millisecond), "µs": float64(time.Microsecond)}[unit]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(floor)/scale, unit+"-floor")
	b.ReportMetric(float64(ours)/scale, unit+"-ours")
	b.ReportMetric(float64(ours)/float64(floor), "ratio")
	b.Logf("floor %v, ours %v, ratio %.2f", floor, ours, float64(ours)/float64(floor))
}
