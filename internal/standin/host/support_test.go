package host_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rotunda/internal/standin/host"
)

const (
	anonymousAny = `{"bindings":[{"type":"httpTrigger","name":"req","authLevel":"anonymous","route":"{*path}"},{"type":"http","direction":"out","name":"res"}]}`
	patience     = 5 * time.Minute // only reached when a test fails
)

// files are the files of an app root. FILE stands for the path of this test program.
type files map[string]string

const bothWays = `{"version":"2.0","customHandler":{"description":{"defaultExecutablePath":"FILE"},"enableForwardingHttpRequest":true,"enableProxyingHttpRequest":true}}`

// stage writes an app root. The default host.json both forwards and proxies.
func stage(t *testing.T, content files) string {
	t.Helper()
	root := t.TempDir()
	path, err := os.Executable()
	check(t, err)
	program, err := json.Marshal(path)
	check(t, err)
	if _, ok := content["host.json"]; !ok {
		check(t, os.WriteFile(filepath.Join(root, "host.json"), []byte(strings.ReplaceAll(bothWays, `"FILE"`, string(program))), 0o600))
	}
	for name, text := range content {
		path := filepath.Join(root, filepath.FromSlash(name))
		check(t, os.MkdirAll(filepath.Dir(path), 0o750))
		check(t, os.WriteFile(path, []byte(strings.ReplaceAll(text, `"FILE"`, string(program))), 0o600))
	}
	return root
}

// running is a host under test with its output.
type running struct {
	*host.Host
	url    string
	output *syncBuffer // what the handler wrote
	log    *syncBuffer // what the host wrote
	served *syncBuffer // what the server in front of it wrote, such as panics
}

func start(t *testing.T, content files, options host.Options, environment ...string) *running {
	t.Helper()
	app, err := host.Load(stage(t, content))
	check(t, err)
	return startApp(t, app, options, environment...)
}

func startApp(t *testing.T, app *host.App, options host.Options, environment ...string) *running {
	t.Helper()
	r := &running{output: &syncBuffer{}, log: &syncBuffer{}, served: &syncBuffer{}}
	options.Env = append(append(os.Environ(), "TEST_HANDLER=1"), environment...)
	options.Stdout = r.output
	options.Logger = slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	r.Host, err = host.Start(t.Context(), app, options)
	check(t, err)
	server := httptest.NewUnstartedServer(r.Host)
	server.Config.ErrorLog = log.New(r.served, "", 0)
	server.Start()
	r.url = server.URL
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
		if t.Failed() {
			t.Logf("handler:\n%s\nhost:\n%s", r.output, r.log)
		}
	})
	return r
}

// answer is an HTTP response with its body.
type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request; header lines are "Name: value" and repeat.
func (r *running) send(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
	check(t, err)
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Add(name, value)
	}
	return do(t, request)
}

func do(t *testing.T, request *http.Request) answer {
	t.Helper()
	response, err := http.DefaultTransport.RoundTrip(request)
	check(t, err)
	body, err := io.ReadAll(response.Body)
	check(t, err)
	check(t, response.Body.Close())
	return answer{response.StatusCode, response.Header, string(body)}
}

// echoed sends a request and returns what the handler received.
func (r *running) echoed(t *testing.T, method, path, body string, header ...string) seen {
	t.Helper()
	return r.send(t, method, path, body, header...).seen(t)
}

func (a answer) seen(t *testing.T) (s seen) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &s); err != nil {
		t.Fatalf("not an echo: status %d with %q", a.status, a.body)
	}
	return s
}

// gate stops the handler at the places where it calls pass, until the test lets it continue.
type gate struct {
	reached chan string
	release chan struct{}
}

// newGate returns a gate and the environment that makes a handler stop at it.
func newGate(t *testing.T) (*gate, string) {
	t.Helper()
	g := &gate{make(chan string, 100), make(chan struct{}, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		g.reached <- strings.TrimPrefix(r.URL.Path, "/")
		select {
		case <-g.release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return g, "TEST_GATE=" + server.URL
}

// await waits until the handler is at a place.
func (g *gate) await(t *testing.T, place string) {
	t.Helper()
	select {
	case reached := <-g.reached:
		if reached != place {
			t.Fatalf("the handler is at %q, want %q", reached, place)
		}
	case <-time.After(patience):
		t.Fatalf("the handler never reached %q", place)
	}
}

// next waits until the handler is at any place, and lets it continue.
func (g *gate) next(t *testing.T) (place string) {
	t.Helper()
	place = await(t, "the handler", g.reached)
	g.open()
	return place
}

func (g *gate) open() { g.release <- struct{}{} }

func await[T any](t *testing.T, what string, from <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-from:
	case <-time.After(patience):
		t.Fatalf("waited too long for %s", what)
	}
	return value
}

type syncBuffer struct {
	mu      sync.Mutex
	buffer  bytes.Buffer
	changed chan struct{} // closed at the next write
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// await waits until a text has been written.
func (b *syncBuffer) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.After(patience); ; {
		b.mu.Lock()
		if b.changed == nil {
			b.changed = make(chan struct{})
		}
		found, changed := strings.Contains(b.buffer.String(), text), b.changed
		b.mu.Unlock()
		if found {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%q was never written", text)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// modes runs a test for both generations of the host.
func modes(t *testing.T, test func(t *testing.T, mode host.Mode)) {
	t.Run("newer", func(t *testing.T) { test(t, host.Newer) })
	t.Run("older", func(t *testing.T) { test(t, host.Older) })
}
