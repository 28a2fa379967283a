package bench_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/freeport"
	"rotunda/internal/needed"
	"rotunda/internal/standin"
	"rotunda/internal/wiretest"
)

// program is a program that serves HTTP at FUNCTIONS_CUSTOMHANDLER_PORT.
type program struct {
	name    string
	command []string
	env     []string
	dir     string
	pinned  bool // to core 0, away from the load
}

// running is a started program.
type running struct {
	*exec.Cmd
	url     string
	started time.Time
}

func (p program) start(t testing.TB) *running {
	t.Helper()
	port, release, err := freeport.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	words := p.command
	if p.pinned {
		words = append([]string{"taskset", "-c", "0"}, words...)
	}
	r := &running{Cmd: exec.Command(words[0], words[1:]...), url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	r.Dir = p.dir
	r.Env = append([]string{"PATH=" + os.Getenv("PATH"), fmt.Sprintf("FUNCTIONS_CUSTOMHANDLER_PORT=%d", port)}, p.env...)
	pipe, err := r.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r.started = time.Now()
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, pipe) }() // the host reads the pipe too
	return r
}

func (r *running) stop() {
	_ = r.Process.Kill()
	_ = r.Wait()
}

// firstAnswer starts p and returns the time from exec to the first response to GET /, whatever its
// status.
func (p program) firstAnswer(t testing.TB) time.Duration {
	t.Helper()
	r := p.start(t)
	defer r.stop()
	return r.poll(t, "/", func(int) bool { return true })
}

// await requests a path until the status is 200, and returns the time since the start.
func (r *running) await(t testing.TB, path string) time.Duration {
	t.Helper()
	return r.poll(t, path, func(status int) bool { return status == http.StatusOK })
}

// poll sends a request every 0.1 ms.
func (r *running) poll(t testing.TB, path string, good func(status int) bool) time.Duration {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	for time.Since(r.started) < 3*time.Minute {
		response, err := client.Get(r.url + path)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if good(response.StatusCode) {
				return time.Since(r.started)
			}
		}
		time.Sleep(100 * time.Microsecond) // between requests
	}
	t.Fatalf("%v did not answer %s", r.Args, path)
	return 0
}

// resident returns the resident memory of a process in bytes.
func (r *running) resident(t testing.TB) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	var kilobytes float64
	_, _ = fmt.Sscan(after, &kilobytes)
	return kilobytes * 1024
}

func goProgram(t testing.TB, name string) program {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	command := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./"+name)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program{name: name, command: []string{binary}}
}

func handlerProgram(t testing.TB, azure *standin.Azure, settings ...string) program {
	t.Helper()
	settings = append(azure.Env(wiretest.Vault), append(settings, "KEY_VAULT_CALLS_PER_SECOND=1000000")...)
	return program{name: "rotunda", command: []string{filepath.Join(wiretest.AppRoot(t), "rotunda")}, env: settings, dir: wiretest.AppRoot(t)}
}

func nodeProgram(t testing.TB, name string, env ...string) program {
	t.Helper()
	modules := filepath.Join(needed.Root(t), "internal", "standin", "conformance", "js", "package.json")
	return program{name: "node " + name, command: []string{"node", filepath.Join("node", name+".mjs")}, env: append(env, "JS_MODULES="+modules)}
}

// setSecret sets the secret a in the vault, through a handler.
func setSecret(t testing.TB, app string, headers ...string) {
	t.Helper()
	direct := wiretest.App{URL: app + "/api"}
	if got := direct.Do(t, http.MethodPut, "/secrets/a", `{"value":"canary-of-a-usual-length-0123456789","tags":{"team":"a"}}`, headers...); got.Status != http.StatusOK {
		t.Fatal(got)
	}
}

func medianOf(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
