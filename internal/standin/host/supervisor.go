package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// supervisor keeps the handler running by the host's rules.
type supervisor struct {
	command command
	prober  prober
	console *console
	logger  *slog.Logger

	ctx      context.Context // ends when the host must stop
	stop     context.CancelCauseFunc
	finished chan struct{} // closed when nothing runs anymore

	mu       sync.Mutex
	current  *process
	failures failures
}

// errReplaced ends a process that the host itself replaces.
var errReplaced = errors.New("the host replaces the handler")

// next creates the run that requests wait for from now on.
func (s *supervisor) next() *process {
	p := newProcess()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil {
		close(s.current.replaced)
	}
	s.current = p
	return p
}

func (s *supervisor) process() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// begin starts the handler for the first time.
func (s *supervisor) begin() error {
	p := s.next()
	if err := p.start(s.command, s.console); err != nil {
		return err
	}
	go s.run(p)
	return nil
}

// awaitReplaced waits until requests no longer go to this process.
func (s *supervisor) awaitReplaced(p *process) {
	select {
	case <-p.replaced:
	case <-s.finished:
	}
}

// run supervises the handler, whose first process has been started, until the host stops.
func (s *supervisor) run(p *process) {
	defer close(s.finished)
	for {
		if err := s.live(p); err != nil && !s.restartable(err) {
			s.stop(err)
		}
		if s.ctx.Err() != nil {
			return
		}
		p = s.next()
		if err := p.start(s.command, s.console); err != nil {
			s.stop(err)
			return
		}
	}
}

// restartable counts a failure, and reports whether the handler is restarted.
func (s *supervisor) restartable(err error) bool {
	if errors.Is(err, errReplaced) || s.ctx.Err() != nil {
		return true
	}
	s.logger.Error("handler failed", "error", err)
	return !s.failures.add(time.Now())
}

// live follows one process until it ends, and returns what it failed with.
func (s *supervisor) live(p *process) error {
	defer func() {
		_ = p.kill() // it may have ended by itself
		<-p.exited
	}()
	if err := s.prober.await(s.ctx, p); err != nil {
		return err
	}
	close(p.ready)
	s.logger.Debug("handler is ready", "pid", p.cmd.Process.Pid)
	select {
	case <-s.ctx.Done():
		return s.ctx.Err()
	case <-p.condemned:
		return errReplaced
	case <-p.exited:
		return s.afterExit(p)
	}
}

// afterExit applies the rules for exit codes. Source: Workers/ProcessManagement/WorkerProcess.cs.
func (s *supervisor) afterExit(p *process) error {
	switch code := p.exitCode(); code {
	case cleanExit: // the host does not restart it, and requests fail to connect
		s.logger.Warn("handler exited with code 0, so the host does not restart it; requests fail until the host restarts")
		<-s.ctx.Done()
		return s.ctx.Err()
	case restartExit:
		s.logger.Info("handler exited with code 200 and is restarted")
		return errReplaced
	default:
		return s.exitError(p)
	}
}

func (s *supervisor) exitError(p *process) error {
	return fmt.Errorf("the handler ended: %v; its last lines on stderr: %q", p.cmd.ProcessState, s.console.lastStderr())
}

// awaitFirst waits until the handler responds for the first time. It returns false if the host
// stops first.
func (s *supervisor) awaitFirst() bool {
	for {
		p := s.process()
		select {
		case <-p.ready:
			return true
		case <-p.replaced:
		case <-s.ctx.Done():
			return false
		}
	}
}

// awaitReady waits for a process that responds. A host that waits too long stops itself.
// Source: Description/Workers/WorkerFunctionInvoker.cs.
func (s *supervisor) awaitReady(ctx context.Context) (*process, error) {
	patience := time.NewTimer(time.Duration(1+allowedFailures) * s.prober.timeout)
	defer patience.Stop()
	for {
		p := s.process()
		select {
		case <-p.replaced:
			continue
		case <-p.ready:
			return p, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-s.ctx.Done():
			return nil, s.reason()
		case <-patience.C:
			s.stop(errors.New("a request waited too long for the handler to respond to GET /"))
		}
	}
}

// reason returns why the host stopped, as ErrStopped.
func (s *supervisor) reason() error { return fmt.Errorf("%w: %w", ErrStopped, context.Cause(s.ctx)) }

const (
	allowedFailures = 3                // the third stops the host
	failureMemory   = 30 * time.Minute // a longer pause before a failure starts a new count
)

// failures counts the handler's failed runs.
// Source: Workers/Http/HttpFunctionInvocationDispatcher.cs (AddOrUpdateErrorBucket).
type failures struct {
	count int
	last  time.Time
}

// add counts a failure, and reports whether the host must stop.
func (f *failures) add(now time.Time) bool {
	if now.Sub(f.last) > failureMemory {
		f.count = 0
	}
	f.count, f.last = f.count+1, now
	return f.count >= allowedFailures
}
