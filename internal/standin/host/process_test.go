package host_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/standin/host"
)

func TestHandlerThatCannotStart(t *testing.T) {
	for _, row := range []struct{ name, executable, want string }{
		{"missing", "handler", "is neither in "},
		{"missing, absolute", "ROOT/nowhere", "does not exist"},
		{"no execute bit", "ROOT/plain", "run chmod +x on it"},
		{"no program", "ROOT/broken", "it must be a program for this system"},
		{"unset variable", "%NO_SUCH_VARIABLE%", "is neither in "},
	} {
		t.Run(row.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && row.name == "no execute bit" {
				t.Skip("Windows has no execute bit")
			}
			root := stage(t, files{"all/function.json": anonymousAny, "plain": "x", "broken": "\x00no program"})
			check(t, os.Chmod(filepath.Join(root, "broken"), 0o700))
			app, err := host.Load(root)
			check(t, err)
			app.Config.Executable = strings.Replace(row.executable, "ROOT", root, 1)
			h, err := host.Start(t.Context(), app, host.Options{})
			if err == nil {
				check(t, h.Close())
			}
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

func TestStartFailureHangs(t *testing.T) {
	app, err := host.Load(stage(t, files{"all/function.json": anonymousAny}))
	check(t, err)
	app.Config.Executable = "no-such-handler"
	r := startApp(t, app, host.Options{StartFailureHangs: true}, "AzureFunctionsJobHost__customHandler__initializationTimeout=00:00:00.05")
	equal(t, "the first request, after its wait", r.send(t, "GET", "/api/x", "").status, 500)
	await(t, "the end of the host", r.Done())
	if err := r.Err(); !errors.Is(err, host.ErrStopped) || !strings.Contains(err.Error(), "no-such-handler") {
		t.Errorf("why it stopped: %v", err)
	}
}

func TestNoFunctionNoHandler(t *testing.T) {
	r := start(t, files{"bad/function.json": "{"}, host.Options{})
	equal(t, "request", r.send(t, "GET", "/api/bad", "").status, 404)
	if !strings.Contains(r.log.String(), "function skipped") {
		t.Error("the log does not name the function that was skipped")
	}
	if err := r.KillHandler(); err == nil {
		t.Error("there was a handler to kill")
	}
	check(t, r.Close())
	equal(t, "what the handler wrote", r.output.String(), "")
}

func TestOutputLines(t *testing.T) {
	app, err := host.Load(stage(t, files{"all/function.json": anonymousAny}))
	check(t, err)
	app.Config.Arguments = []string{"one two", "%WORD%", `"a b"`}
	app.Config.WorkerPath, app.Config.WorkerArguments = "script x", []string{"end"}
	r := startApp(t, app, host.Options{Strict: true}, "TEST_STDERR=1", "WORD=three")
	check(t, r.WaitReady(t.Context()))
	err = r.Close()
	if err == nil || !strings.Contains(err.Error(), `"to the wrong stream"`) {
		t.Errorf("strict: %v", err)
	}
	if lines := r.StderrLines(); !slices.Equal(lines, []string{"to the wrong stream"}) {
		t.Errorf("stderr: %q", lines)
	}
	for _, line := range []string{"stderr: to the wrong stream\n", "stdout: args 6 [one two three a b script x end]\n", "stdout: dir " + app.Root + "\n"} {
		if !strings.Contains(r.output.String(), line) {
			t.Errorf("no line %q in:\n%s", line, r.output)
		}
	}
}

// Without a writer of their own the lines are logged, at the level at which the real host files them.
func TestLinesInTheLog(t *testing.T) {
	app, err := host.Load(stage(t, files{"all/function.json": anonymousAny}))
	check(t, err)
	log := &syncBuffer{}
	h, err := host.Start(t.Context(), app, host.Options{
		Env: append(os.Environ(), "TEST_HANDLER=1", "TEST_STDERR=1"), Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	check(t, err)
	log.await(t, `level=INFO msg="args 0 []" category=Host.Function.Console stream=stdout`)
	log.await(t, `level=ERROR msg="to the wrong stream" category=Host.Function.Console stream=stderr`)
	check(t, h.Close())
}

func TestSplitArguments(t *testing.T) {
	for line, want := range map[string][]string{
		"": nil, "  a  b ": {"a", "b"}, `"a b" c`: {"a b", "c"}, `x"y z"`: {"xy z"}, `""`: {""}, `\"q\"`: {`"q"`}, `C:\dir\f`: {`C:\dir\f`},
	} {
		if got := host.SplitArguments(line); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

func TestWrongOverride(t *testing.T) {
	app, err := host.Load(stage(t, files{"all/function.json": anonymousAny}))
	check(t, err)
	for setting, want := range map[string]string{
		"AzureFunctionsJobHost__functionTimeout=soon":                           "app setting AzureFunctionsJobHost__functionTimeout overrides host.json",
		"AzureFunctionsJobHost__customHandler__enableProxyingHttpRequest=maybe": "enableProxyingHttpRequest overrides",
		"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=lots":                                "must be a number of bytes",
	} {
		_, err := host.Start(t.Context(), app, host.Options{Env: []string{setting}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestCloseEndsTheHandler(t *testing.T) {
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{Strict: true})
	equal(t, "status", r.send(t, "GET", "/api/pid", "").status, 200)
	check(t, r.Close())
	check(t, r.Err())
	await(t, "the end", r.Done())
	if err := r.KillHandler(); err == nil {
		t.Error("there was still a handler to kill")
	}
	equal(t, "status after Close", r.send(t, "GET", "/api/pid", "").status, 503)
}
