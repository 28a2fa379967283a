package host

import (
	"fmt"
	"os/exec"
	"sync"
	"time"
)

// outputGrace is how long the host waits for output after the handler has ended: a child process
// of the handler may still hold the pipes.
const outputGrace = time.Second

// process is one run of the handler, from before its start to after its end.
type process struct {
	cmd       *exec.Cmd
	started   chan struct{} // closed when it runs
	ready     chan struct{} // closed when it responds
	exited    chan struct{} // closed when it has ended, or could not start
	condemned chan struct{} // closed when the host must replace it
	condemn   sync.Once
	replaced  chan struct{} // closed when requests go to the next run
}

func newProcess() *process {
	return &process{
		started: make(chan struct{}), ready: make(chan struct{}),
		exited: make(chan struct{}), condemned: make(chan struct{}), replaced: make(chan struct{}),
	}
}

func (p *process) start(c command, to *console) error {
	out, errs := &lineWriter{to: to, stream: stdoutName}, &lineWriter{to: to, stream: stderrName}
	p.cmd = exec.Command(c.path)
	p.cmd.Dir, p.cmd.Env = c.dir, c.env
	p.cmd.Stdout, p.cmd.Stderr = out, errs
	p.cmd.WaitDelay = outputGrace
	if err := p.cmd.Start(); err != nil {
		close(p.exited)
		return fmt.Errorf("can't start the handler %s: %w; it must be a program for this system and processor", c.path, err)
	}
	close(p.started)
	go func() {
		_ = p.cmd.Wait() // its exit code is read instead
		out.flush()
		errs.flush()
		close(p.exited)
	}()
	return nil
}

// kill ends the process immediately, as the host does: by SIGKILL where there are signals, without
// time to drain, and without its child processes.
// Source: Workers/ProcessManagement/WorkerProcess.cs (Dispose).
func (p *process) kill() error { return p.cmd.Process.Kill() }

// replace requests that the process is killed and restarted, without counting it as a failure.
func (p *process) replace() { p.condemn.Do(func() { close(p.condemned) }) }

// exitCode returns the code of an ended process, and -1 for one that a signal ended.
func (p *process) exitCode() int { return p.cmd.ProcessState.ExitCode() }
