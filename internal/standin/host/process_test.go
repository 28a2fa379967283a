package host_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"rotunda/internal/standin/host"
)

func TestHandlerThatCannotStart(t *testing.T) {
	for _, row := range []struct{ name, executable, want string }{
		{"missing", "handler", "does not exist"},
		{"missing, absolute", "ROOT/nowhere", "does not exist"},
		{"no execute bit", "ROOT/plain", "run chmod +x on it"},
		{"no program", "ROOT/broken", "it must be a program for this system"},
		{"unset variable", "handler-%NO_SUCH_VARIABLE%", "handler- does not exist"},
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

func TestNoFunctions(t *testing.T) {
	app, err := host.Load(stage(t, files{"docs/readme.txt": ""}))
	check(t, err)
	if _, err := host.Start(t.Context(), app, host.Options{}); err == nil || !strings.Contains(err.Error(), "has no functions") {
		t.Errorf("got %v", err)
	}
}

func TestOutputLines(t *testing.T) {
	app, err := host.Load(stage(t, files{"all/function.json": anonymousAny}))
	check(t, err)
	r := startApp(t, app, host.Options{}, "TEST_STDERR=1")
	check(t, r.WaitReady(t.Context()))
	check(t, r.Close())
	for _, line := range []string{"stderr: to the wrong stream\n", "stdout: dir " + app.Root + "\n"} {
		if !strings.Contains(r.output.String(), line) {
			t.Errorf("no line %q in:\n%s", line, r.output)
		}
	}
}

func TestWrongOverride(t *testing.T) {
	app, err := host.Load(stage(t, files{"all/function.json": anonymousAny}))
	check(t, err)
	for setting, want := range map[string]string{
		"AzureFunctionsJobHost__functionTimeout=soon":     "app setting AzureFunctionsJobHost__functionTimeout overrides host.json",
		"AzureFunctionsJobHost__customHandler__port=7000": `overriding "customhandler__port" is not supported`,
		"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=lots":          "must be a number of bytes",
	} {
		_, err := host.Start(t.Context(), app, host.Options{Env: []string{setting}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestCloseEndsTheHandler(t *testing.T) {
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{})
	equal(t, "status", r.send(t, "GET", "/api/pid", "").status, 200)
	check(t, r.Close())
	check(t, r.Err())
	await(t, "the end", r.Done())
	if err := r.KillHandler(); err == nil {
		t.Error("there was still a handler to kill")
	}
	equal(t, "status after Close", r.send(t, "GET", "/api/pid", "").status, 503)
}
