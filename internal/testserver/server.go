package testserver

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"rotunda/internal/freeport"
)

const (
	startTimeout = 10 * time.Minute // long enough for a busy machine
	stopTimeout  = time.Minute      // after it, the server is killed
	pollEvery    = 20 * time.Millisecond
)

// server runs a server program, one process after another, in one directory and on one port.
type server struct {
	Addr string // host:port

	dir  string // the server's own; removed at the end
	port int
	as   *account // nil: as whoever runs the tests

	command []string                    // what Start runs
	env     []string                    // variables that the program needs beside those of cmd
	ready   func(context.Context) error // returns nil once the server answers
	quit    os.Signal                   // the signal that stops the server in good order
	process *exec.Cmd
	exited  chan struct{} // closed when process has ended
}

// open reserves a port and creates a directory, both until the lifetime ends.
func (s *server) open(t testing.TB, until lifetime) {
	t.Helper()
	var err error
	if s.as, err = ordinaryUser(); err != nil {
		t.Fatal(err)
	}
	var release func()
	if s.port, release, err = freeport.Reserve(); err != nil {
		t.Fatal(err)
	}
	until.Cleanup(release)
	s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	s.dir = newDir(t, until, s.as)
	until.Cleanup(s.Stop) // before the directory is removed: cleanups run in reverse order
}

// path returns the path of a file in the server's directory.
func (s *server) path(name string) string { return filepath.Join(s.dir, name) }

// write creates a file that only the server's user can read, and returns its path.
func (s *server) write(t testing.TB, name, content string) string {
	t.Helper()
	if err := os.WriteFile(s.path(name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if s.as != nil {
		if err := os.Chown(s.path(name), s.as.uid, s.as.gid); err != nil {
			t.Fatal(err)
		}
	}
	return s.path(name)
}

// cmd returns a command that runs as the server's user, without any variable of the environment
// that could change what it does.
func (s *server) cmd(ctx context.Context, command ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=" + s.dir, "TMPDIR=" + s.dir, "SystemRoot=" + os.Getenv("SystemRoot")}
	cmd.Env = append(cmd.Env, s.env...)
	cmd.SysProcAttr = attributes(s.as)
	return cmd
}

// run runs a program to its end, such as one that creates the server's files.
func (s *server) run(t testing.TB, command ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if out, err := s.cmd(ctx, command...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command[0], err, out)
	}
}

// Start starts the server, for the first time or after Stop or Kill, and returns once it is ready.
func (s *server) Start(t testing.TB) {
	t.Helper()
	log, err := os.OpenFile(s.path("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() // the process has its own handle
	s.process = s.cmd(context.Background(), s.command...)
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	s.exited = make(chan struct{})
	go func(process *exec.Cmd, exited chan struct{}) {
		_ = process.Wait() // the log says more
		close(exited)
	}(s.process, s.exited)
	if err := s.await(); err != nil {
		t.Fatalf("%s: %v\n%s", s.command[0], err, s.Log())
	}
}

func (s *server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		err := s.ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("the server ended before it was ready: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("the server is not ready after %v: %w", startTimeout, err)
		case <-ticker.C:
		}
	}
}

// Stop stops the server in good order, and every process that it started. It does nothing if the
// server has ended already.
func (s *server) Stop() { s.end(s.quit) }

// Restart stops the server and starts it again with what it has stored.
func (s *server) Restart(t testing.TB) {
	t.Helper()
	s.Stop()
	s.Start(t)
}

func (s *server) end(signal os.Signal) {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(signal)
	select {
	case <-s.exited:
	case <-time.After(stopTimeout):
	}
	killGroup(s.process.Process)
	<-s.exited
	s.process = nil
}

// Log returns what the server has logged so far.
func (s *server) Log() string {
	text, err := os.ReadFile(s.path("log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}
