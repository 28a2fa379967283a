package host

import (
	"fmt"
	"os/exec"
	"sync"
	"time"
)

// outputGrace is how long the host waits for output after the handler has ended, as a child of it may hold the pipes.
const outputGrace = time.Second

// process is one run of the handler, from before its start to after its end.
type process struct {
	cmd       *exec.Cmd
	started   chan struct{} // closed when it runs
	ready     chan struct{} // closed when it answers
	exited    chan struct{} // closed when it has ended, or could not start
	condemned chan struct{} // closed when the host wants it replaced
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
	p.cmd = exec.Command(c.path, c.args...)
	p.cmd.Dir, p.cmd.Env = c.dir, c.env
	p.cmd.Stdout, p.cmd.Stderr = out, errs
	p.cmd.WaitDelay = outputGrace
	if err := p.cmd.Start(); err != nil {
		close(p.exited)
		return fmt.Errorf("the handler %s does not start: %w; it must be a program for this system and processor", c.path, err)
	}
	close(p.started)
	go func() {
		_ = p.cmd.Wait() // its exit code tells
		out.flush()
		errs.flush()
		close(p.exited)
	}()
	return nil
}

// kill ends the process at once, as the host does: SIGKILL where there are signals, no time to drain, children left alone.
// Source: Workers/ProcessManagement/WorkerProcess.cs (Dispose).
func (p *process) kill() error { return p.cmd.Process.Kill() }

// replace asks for the process to be killed and started anew, without counting it as an error.
func (p *process) replace() { p.condemn.Do(func() { close(p.condemned) }) }

// exitCode is the code of an ended process; -1 for one that a signal ended.
func (p *process) exitCode() int { return p.cmd.ProcessState.ExitCode() }
