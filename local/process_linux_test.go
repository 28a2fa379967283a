package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rotunda/internal/wiretest"
)

// runMain names a variable. If it is set, this binary is the command itself.
const runMain = "LOCAL_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(runMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is the command in a process of its own, in the background as a script starts it.
type process struct {
	*exec.Cmd
	ready string
	out   *wiretest.Log
	ended chan error
}

// begin starts the command, through a program and its arguments.
func begin(t *testing.T, program ...string) *process {
	t.Helper()
	p := &process{ready: filepath.Join(t.TempDir(), "ready.json"), out: &wiretest.Log{}, ended: make(chan error, 1)}
	args := append(program[1:], "-addr", "127.0.0.1:0", "-quickstart=false", "-ready-file", p.ready)
	p.Cmd = exec.Command(program[0], args...)
	p.Env = append(os.Environ(), runMain+"=1")
	p.Stdout, p.Stderr = p.out, p.out
	p.WaitDelay = patience // what `go run` leaves behind holds the pipes
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.Wait() }()
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// addresses waits until everything is up, and returns the content of the ready file.
func (p *process) addresses(t *testing.T) (found addresses) {
	t.Helper()
	until(t, func() bool {
		text, err := os.ReadFile(p.ready)
		return err == nil && json.Unmarshal(text, &found) == nil
	}, func() string { return "no ready file:\n" + p.out.String() })
	t.Cleanup(func() { _ = syscall.Kill(found.PID, syscall.SIGKILL) })
	return found
}

// patience is only reached when a test fails. On a busy machine, a build takes a while.
const patience = 10 * time.Minute

// until polls a condition.
func until(t *testing.T, condition func() bool, problem func() string) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal(problem())
		}
	}
}

// handlerOf returns the process id of the handler that a run has started, or 0.
func handlerOf(run addresses) int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		id, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		program, _ := os.Readlink(filepath.Join(filepath.Dir(stat), "exe"))
		if program == filepath.Join(filepath.Dir(run.CA), "app", "rotunda") && isAlive(id) {
			return id
		}
	}
	return 0
}

// isAlive reports whether a process runs. One that has ended may still wait for its parent.
func isAlive(id int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

func TestASignalEndsTheHandlerToo(t *testing.T) {
	// A child of a process that ignores SIGHUP, as under nohup, would ignore it too. A signal that
	// is caught is not ignored by children.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	for name, sent := range map[string]syscall.Signal{
		"SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP, "SIGQUIT": syscall.SIGQUIT, "SIGKILL": syscall.SIGKILL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			p := begin(t, os.Args[0])
			run := p.addresses(t)
			handler, killed := handlerOf(run), sent == syscall.SIGKILL
			if handler == 0 || run.PID != p.Process.Pid {
				t.Fatalf("the handler is %d, and the pid is %d of %d", handler, run.PID, p.Process.Pid)
			}
			if err := syscall.Kill(run.PID, sent); err != nil {
				t.Fatal(err)
			}
			if err := <-p.ended; (err != nil) != killed {
				t.Errorf("it ended with %v\n%s", err, p.out)
			}
			until(t, func() bool { return !isAlive(handler) }, func() string { return "the handler stays behind" })
			if exists(p.ready) != killed || exists(filepath.Dir(run.CA)) != killed {
				t.Error("the ready file or the folder stays behind")
			}
		})
	}
}

// `go run` ends with SIGTERM and passes it on to nobody.
func TestTheEndOfGoRunEndsEverything(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p := begin(t, "go", "run", ".")
	run := p.addresses(t)
	handler := handlerOf(run)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool {
		return !isAlive(run.PID) && !isAlive(handler) && !exists(p.ready) && !exists(filepath.Dir(run.CA))
	},
		func() string { return "something stays behind" })
}

func TestAStopWhileItBuildsLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p := begin(t, os.Args[0])
	until(t, func() bool {
		works, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "rotunda-build-*", "go-build*")) // the go command's own folder
		return len(works) > 0
	}, p.out.String)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-p.ended; err != nil {
		t.Errorf("it ended with %v\n%s", err, p.out)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR")) // the compiler's too
	if err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

func TestTheLogOfARunThatFailedStays(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p := begin(t, os.Args[0])
	run := p.addresses(t)
	var killed []int
	for range 3 { // the third crash stops the host
		var handler int
		until(t, func() bool {
			handler = handlerOf(run)
			return handler != 0 && !slices.Contains(killed, handler)
		}, func() string { return "no handler after " + fmt.Sprint(killed) })
		killed = append(killed, handler)
		if err := syscall.Kill(handler, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
	if err := <-p.ended; err == nil {
		t.Error("it ended without a failure")
	}
	log := filepath.Join(filepath.Dir(run.CA), "handler.log")
	if !strings.Contains(p.out.String(), "its log is "+log) || !exists(log) {
		t.Errorf("the log %s exists: %t\n%s", log, exists(log), p.out)
	}
}
