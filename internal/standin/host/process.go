package host

import (
	"fmt"
	"os/exec"
	"runtime"
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

	stopWatcher func() // ends what kills the handler with this process, if that is another process
}

func newProcess() *process {
	return &process{
		started: make(chan struct{}), ready: make(chan struct{}),
		exited: make(chan struct{}), condemned: make(chan struct{}), replaced: make(chan struct{}),
	}
}

// start starts the handler so that it ends with this process, however this process ends.
func (p *process) start(c command, to *console) error {
	out, errs := &lineWriter{to: to, stream: stdoutName}, &lineWriter{to: to, stream: stderrName}
	p.cmd = exec.Command(c.path)
	p.cmd.Dir, p.cmd.Env = c.dir, c.env
	p.cmd.Stdout, p.cmd.Stderr = out, errs
	p.cmd.WaitDelay = outputGrace
	p.cmd.SysProcAttr = endsWithParent
	started := make(chan error)
	go func() {
		// On Linux, the handler ends with the thread that started it (prctl(2), PR_SET_PDEATHSIG), so
		// that thread does nothing else.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.run()
		started <- err
		if err == nil {
			p.wait()
		}
		out.flush()
		errs.flush()
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("can't start the handler %s: %w; it must be a program for this system and processor", c.path, err)
	}
	close(p.started)
	return nil
}

func (p *process) run() (err error) {
	if err = p.cmd.Start(); err != nil || endsWithParent != nil {
		return err
	}
	if p.stopWatcher, err = killWithParent(p.cmd.Process.Pid); err != nil {
		_ = p.cmd.Process.Kill()
		p.wait()
	}
	return err
}

func (p *process) wait() {
	_ = p.cmd.Wait() // its exit code is read instead
	if p.stopWatcher != nil {
		p.stopWatcher()
	}
}

// kill ends the process immediately, as the host does: by SIGKILL where there are signals, without
// time to drain, and without its child processes.
// Source: Workers/ProcessManagement/WorkerProcess.cs (Dispose).
func (p *process) kill() error { return p.cmd.Process.Kill() }

// replace requests that the process is killed and restarted, without counting it as a failure.
func (p *process) replace() { p.condemn.Do(func() { close(p.condemned) }) }

// exitCode returns the code of an ended process, and -1 for one that a signal ended.
func (p *process) exitCode() int { return p.cmd.ProcessState.ExitCode() }
