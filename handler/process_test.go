//go:build !windows

package main_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"rotunda/internal/freeport"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

// patience is only reached when a test fails.
const patience = 5 * time.Minute

// process is the running handler, which a test has started without a host.
type process struct {
	*exec.Cmd
	out    *wiretest.Log
	errOut *wiretest.Log
	url    string
}

func start(t *testing.T, env ...string) *process {
	t.Helper()
	port, release, err := freeport.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	p := &process{out: &wiretest.Log{}, errOut: &wiretest.Log{}, url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	p.Cmd = exec.CommandContext(t.Context(), filepath.Join(wiretest.AppRoot(t), "rotunda"))
	p.Dir = wiretest.AppRoot(t) // where the host starts it
	p.Env = append([]string{fmt.Sprintf("FUNCTIONS_CUSTOMHANDLER_PORT=%d", port)}, env...)
	p.Stdout, p.Stderr = p.out, p.errOut
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait() // a second time, it returns at once
	})
	return p
}

// get repeats a request until the process listens.
func (p *process) get(ctx context.Context, path string) (int, error) {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, nil)
		if err != nil {
			return 0, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "refused") {
			continue
		}
		if err != nil {
			return 0, err
		}
		defer func() { _ = response.Body.Close() }()
		_, err = io.Copy(io.Discard, response.Body)
		return response.StatusCode, err
	}
}

func TestFatalErrorsExitNonZeroAndAreLoggedToStdout(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for name, row := range map[string]struct {
		env  []string
		says []string
	}{
		"wrong settings": {
			[]string{"AZURE_CLIENT_ID=me", "WEBSITE_HOSTNAME=a/b"},
			[]string{"KEY_VAULT_NAME and KEY_VAULT_URL are both empty", "AZURE_CLIENT_ID", "WEBSITE_HOSTNAME"},
		},
		"a port in use": {
			[]string{"KEY_VAULT_NAME=contoso", fmt.Sprintf("FUNCTIONS_CUSTOMHANDLER_PORT=%d", taken.Addr().(*net.TCPAddr).Port)},
			[]string{"address already in use"},
		},
		// the port is in use too: settings and files are checked before it opens
		"a file without certificates": {
			[]string{
				"KEY_VAULT_NAME=contoso", "KEY_VAULT_CA_FILE=host.json", "ROTATION_PROVIDER_HOSTS=db.example.com", "OTEL_TRACES_SAMPLER=x",
				fmt.Sprintf("FUNCTIONS_CUSTOMHANDLER_PORT=%d", taken.Addr().(*net.TCPAddr).Port),
			},
			[]string{`"KEY_VAULT_CA_FILE: host.json holds no certificate`, `"ROTATION_PROVIDER_HOSTS must`, `"OTEL_TRACES_SAMPLER is`},
		},
	} {
		p := start(t, row.env...)
		err := p.Wait()
		if code := p.ProcessState.ExitCode(); code != 1 {
			t.Errorf("%s: exit code %d (%v), want 1", name, code, err)
		}
		for _, want := range row.says {
			if !strings.Contains(p.out.String(), want) {
				t.Errorf("%s: stdout lacks %q: %s", name, want, p.out)
			}
		}
		if p.errOut.String() != "" {
			t.Errorf("%s: stderr: %s", name, p.errOut)
		}
	}
}

func TestASettingWithoutEffectIsLogged(t *testing.T) {
	p := start(t, append(wiretest.StartAzure(t, wiretest.Options{}).Env(wiretest.Vault), "ROTATION_SWEEP_SCHEDULE=0 0 * * * *")...)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := p.get(ctx, "/"); err != nil {
		t.Fatalf("%v\n%s", err, p.out)
	}
	if !p.out.Has("ROTATION_SWEEP_SCHEDULE has no effect") {
		t.Errorf("the log does not say so: %s", p.out)
	}
}

func TestSIGTERMLetsRequestsFinish(t *testing.T) {
	azure := wiretest.StartAzure(t, wiretest.Options{})
	collector := wiretest.StartCollector(t)
	p := start(t, append(append(azure.Env(wiretest.Vault), collector.Env()...), "OTEL_BSP_SCHEDULE_DELAY=3600000", "OTEL_METRIC_EXPORT_INTERVAL=3600000")...)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if status, err := p.get(ctx, "/"); err != nil || status != http.StatusOK {
		t.Fatalf("GET /: %d %v", status, err)
	}
	slow := keyvault.Fault{Kind: keyvault.Delay, Operations: []string{"get"}, Delay: keyvault.Duration(500 * time.Millisecond), Times: 1}
	if err := azure.Vault().SetFaults(keyvault.Faults{Calls: []keyvault.Fault{slow}}); err != nil {
		t.Fatal(err)
	}
	answered := make(chan int, 1)
	go func() {
		status, _ := p.get(ctx, "/api/secrets/a")
		answered <- status
	}()
	for len(azure.Vault().Faults().Calls) > 0 { // until the vault has the request
		if ctx.Err() != nil {
			t.Fatal("the request never got to the vault")
		}
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := <-answered; status != http.StatusNotFound {
		t.Errorf("the request in flight: %d, want the vault's 404", status)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("after the drain: %v", err)
	}
	collector.Await(t, func(told wiretest.Received) bool { // although the next export was an hour away
		return len(told.Spans) > 0 && len(told.Metrics) > 0
	})
}

// Telemetry never keeps the app from starting.
func TestWrongTelemetryIsOnlyLogged(t *testing.T) {
	azure := wiretest.StartAzure(t, wiretest.Options{})
	for _, setting := range []string{
		"OTEL_RESOURCE_ATTRIBUTES=a", "OTEL_EXPORTER_OTLP_PROTOCOL=udp", "OTEL_EXPORTER_OTLP_HEADERS=canary", "OTEL_TRACES_SAMPLER_ARG=2",
		"OTEL_BSP_MAX_QUEUE_SIZE=-5", "OTEL_METRIC_EXPORT_INTERVAL=1m",
	} {
		name, _, _ := strings.Cut(setting, "=")
		p := start(t, append(azure.Env(wiretest.Vault), "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", setting)...)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if status, err := p.get(ctx, "/api/secrets/a"); err != nil || status != http.StatusNotFound {
			t.Errorf("%s: %d %v, want the vault's 404", setting, status, err)
		}
		cancel()
		if !p.out.Has(name) || strings.Contains(p.out.String(), "canary") || p.errOut.String() != "" {
			t.Errorf("%s: the log does not name it: %s%s", setting, p.out, p.errOut)
		}
	}
}

// A rotation on demand outlives its request. SIGTERM waits for it.
func TestSIGTERMLetsARotationFinish(t *testing.T) {
	azure := wiretest.StartAzure(t, wiretest.Options{})
	env := append(azure.Env(wiretest.Vault), "ROTATION_LOCK_FOLDER="+t.TempDir())
	p := start(t, env...)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if status, err := p.get(ctx, "/"); err != nil || status != http.StatusOK {
		t.Fatalf("GET /: %d %v", status, err)
	}
	const tags = `"tags":{"Rotator":"random","ValidityPeriodDays":"60"}`
	p.send(ctx, t, http.MethodPut, "/api/secrets/due", `{"value":"canary-due",`+tags+`}`, http.StatusOK)
	slow := keyvault.Fault{Kind: keyvault.Delay, Operations: []string{"set"}, Delay: keyvault.Duration(time.Second)}
	if err := azure.Vault().SetFaults(keyvault.Faults{Calls: []keyvault.Fault{slow}}); err != nil {
		t.Fatal(err)
	}
	p.send(ctx, t, http.MethodPost, "/api/secrets/due/rotate", "", http.StatusAccepted) // on record, and not published
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil || strings.Contains(p.out.String(), "a rotation was interrupted") {
		t.Errorf("after the drain: %v\n%s", err, p.out)
	}
	next := start(t, env...)
	if _, err := next.get(ctx, "/"); err != nil {
		t.Fatal(err)
	}
	if status := next.send(ctx, t, http.MethodGet, "/api/secrets/due/rotation", "", http.StatusOK); !strings.Contains(status, `"state":"closed"`) {
		t.Errorf("after the drain the rotation is not complete: %s", status)
	}
}

// send sends a request and returns the body of its response.
func (p *process) send(ctx context.Context, t *testing.T, method, path, body string, want int) string {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		t.Fatalf("%s %s: %d %s %v, want %d", method, path, response.StatusCode, text, err, want)
	}
	return string(text)
}

// The version is printed without any setting.
func TestVersion(t *testing.T) {
	command := exec.CommandContext(t.Context(), filepath.Join(wiretest.AppRoot(t), "rotunda"), "-version")
	command.Env = []string{}
	if out, err := command.CombinedOutput(); err != nil || !regexp.MustCompile(`^rotunda (v\d|devel)\S*\n$`).Match(out) {
		t.Errorf("%v: %q", err, out)
	}
}
