package chaos_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rotunda/internal/freeport"
	"rotunda/internal/standin"
	"rotunda/internal/wiretest"
)

// handler is a series of processes of the real binary on one port, as a host restarts them.
type handler struct {
	url     string
	binary  string
	env     []string
	log     *wiretest.Log // the output of all of them
	errors  *wiretest.Log // stderr, which must be empty
	mayDie  bool          // it is killed in the midst of its work
	mu      sync.Mutex
	process *exec.Cmd
	peak    int // the most memory that any of the processes had, in bytes
}

// Settings that make rotations fast. The host's timeout bounds an attempt; the cooldown must be
// longer.
const grace = 4 * time.Second

var (
	functionTimeout = map[bool]time.Duration{false: 2 * time.Second, true: 5 * time.Second}[wiretest.Raced()]
	cooldown        = functionTimeout + 100*time.Millisecond
)

func settings(azure *standin.Azure, locks string) []string {
	return append(
		azure.Env(wiretest.Vault), "ROTATION_LOCK_FOLDER="+locks, fmt.Sprintf("AzureFunctionsJobHost__functionTimeout=00:00:%02.0f", functionTimeout.Seconds()),
		"ROTATION_COOLDOWN="+cooldown.String(), "ROTATION_GRACE="+grace.String(),
		"SECRET_CACHE_TTL="+cacheTTL.String(), "SECRET_CACHE_MAX_STALE="+cacheKeeps.String(),
		"KEY_VAULT_CALLS_PER_SECOND=100000", "LOG_LEVEL=info", "PATH="+os.Getenv("PATH"),
	)
}

// startHandler starts a handler that ends with the test.
func startHandler(t *testing.T, env []string) *handler {
	t.Helper()
	port, release, err := freeport.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	h := &handler{
		url: fmt.Sprintf("http://127.0.0.1:%d", port), binary: filepath.Join(wiretest.AppRoot(t), "rotunda"),
		env: append(env, fmt.Sprintf("FUNCTIONS_CUSTOMHANDLER_PORT=%d", port)), log: &wiretest.Log{}, errors: &wiretest.Log{},
	}
	if err := h.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.kill()
		if said := h.errors.String(); said != "" {
			t.Errorf("a handler wrote to stderr: %s", said)
		}
	})
	return h
}

// startPatience allows for a busy machine.
const startPatience = 3 * time.Minute

// start starts the process and waits until it responds.
func (h *handler) start() error {
	process := exec.Command(h.binary)
	process.Dir = filepath.Dir(h.binary) // the app root, where the host starts it
	process.Env, process.Stdout, process.Stderr = h.env, h.log, h.errors
	if err := process.Start(); err != nil {
		return err
	}
	h.mu.Lock()
	h.process = process
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	for every(ctx, 5*time.Millisecond) {
		if answer, err := h.send(ctx, http.MethodGet, "/api/health", nil); err == nil && answer.status == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("the handler did not start\n%s%s", h.log, h.errors)
}

// kill ends the process as the loss of its machine would, and returns when it has ended.
func (h *handler) kill() {
	h.mu.Lock()
	process := h.process
	h.process = nil
	if process != nil {
		h.peak = max(h.peak, peakOf(process.Process.Pid))
	}
	h.mu.Unlock()
	if process != nil {
		_ = process.Process.Kill()
		_ = process.Wait()
	}
}

// peakOf returns the highest resident memory of a process in bytes; 0 where the system does not
// say.
func peakOf(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	var kilobytes int
	_, _ = fmt.Sscan(after, &kilobytes)
	return kilobytes << 10
}

// answer is a handler's response.
type answer struct {
	status int
	body   []byte
}

// client ignores a proxy in the environment, as it connects to loopback only.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}

func (h *handler) send(ctx context.Context, method, path string, body []byte) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, h.url+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, text}, errors.Join(err, response.Body.Close())
}

// every paces a loop: it pauses, and returns false once ctx has ended.
func every(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
