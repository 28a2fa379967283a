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
	startPatience = 60 * time.Second // for a busy machine
	stopPatience  = 10 * time.Second // then it is killed
	pollEvery     = 20 * time.Millisecond
)

// server is one run after another of a server program, in one directory and on one port.
type server struct {
	Addr string // host:port

	dir  string // the server's own; removed at the end
	port int
	as   *account // nil: as whoever runs the tests

	command []string  // what start runs
	quit    os.Signal // what ends it without leaving anything behind
	process *exec.Cmd
	exited  chan struct{} // closed when process has ended
}

// open reserves a port and makes a directory, for as long as until.
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
	until.Cleanup(s.stop) // cleanups run last first, so before the directory goes
}

// path is a file of the server's directory.
func (s *server) path(name string) string { return filepath.Join(s.dir, name) }

// write makes a file that the server's user owns, and no other user can read.
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

// cmd is a program that runs as the server's user, with nothing of the environment that could change what it does.
func (s *server) cmd(ctx context.Context, command ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=" + s.dir, "TMPDIR=" + s.dir, "SystemRoot=" + os.Getenv("SystemRoot")}
	cmd.SysProcAttr = attributes(s.as)
	return cmd
}

// run runs a program to its end, such as one that makes the server's files.
func (s *server) run(t testing.TB, command ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	if out, err := s.cmd(ctx, command...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command[0], err, out)
	}
}

// start runs the server's command until stop, and returns when ready does so without an error.
func (s *server) start(t testing.TB, ready func(context.Context) error) {
	t.Helper()
	log, err := os.OpenFile(s.path("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() // the process has its own
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
	if err := s.await(ready); err != nil {
		t.Fatalf("%s: %v\n%s", s.command[0], err, s.Log())
	}
}

func (s *server) await(ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("it ended before it was ready: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("it is not ready after %v: %w", startPatience, err)
		case <-ticker.C:
		}
	}
}

// stop ends the server and all that it started. That it has ended already is fine.
func (s *server) stop() { s.end(s.quit) }

// Kill ends the server as a power cut would.
func (s *server) Kill() { s.end(os.Kill) }

func (s *server) end(by os.Signal) {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(by)
	select {
	case <-s.exited:
	case <-time.After(stopPatience):
	}
	killGroup(s.process.Process)
	<-s.exited
	s.process = nil
}

// Log is what the server has logged so far.
func (s *server) Log() string {
	text, err := os.ReadFile(s.path("log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}
