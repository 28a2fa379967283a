package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"rotunda/internal/freeport"
)

// Host runs one app's handler. It is an http.Handler: what arrives there goes the way of a request to the function app.
type Host struct {
	app        *App
	config     Config
	options    Options
	env        environment
	routes     routes
	supervisor *supervisor
	address    string // the handler's, host:port
	transport  *http.Transport
	client     *http.Client // for JSON invocations
	proxy      http.Handler
	bodyLimit  int64
	began      time.Time

	queues     *Queues
	mu         sync.Mutex // held to stop, and to start background work
	background sync.WaitGroup
}

// Start starts the app's handler on a free loopback port and returns at once, as the real host does: requests wait until
// the handler answers. A handler that can't be started is an error. When ctx ends the host stops; so it does on Close.
func Start(ctx context.Context, app *App, options Options) (*Host, error) {
	h := &Host{options: options.withDefaults(), began: time.Now()}
	h.env, h.queues = h.options.Env, h.options.Queues
	h.app = app.resolve(h.env)
	var err error
	if h.config, err = h.env.apply(app.Config); err != nil {
		return nil, err
	}
	if h.routes, err = newRoutes(h.config.RoutePrefix, h.app.Functions); err != nil {
		return nil, fmt.Errorf("extensions.http.routePrefix: %w", err)
	}
	if h.bodyLimit, err = h.env.bodyLimit(); err != nil {
		return nil, err
	}
	h.reportRejected()
	return h, h.launch(ctx)
}

func (h *Host) reportRejected() {
	for _, rejected := range h.app.Rejected {
		h.options.Logger.Error("function skipped", "function", rejected.Name, "error", rejected.Err)
	}
}

// launch picks the port, which stays the same through restarts, and starts the handler there.
func (h *Host) launch(ctx context.Context) error {
	port, release, err := freeport.Reserve(h.config.Port)
	if err != nil {
		return portError(err)
	}
	h.address = fmt.Sprintf("127.0.0.1:%d", port)
	h.connect()
	h.supervisor = h.newSupervisor(ctx)
	if err := h.startHandler(port); err != nil {
		h.supervisor.stop(err)
		release()
		return err
	}
	h.listenAll()
	go func() {
		<-h.supervisor.finished
		release()
	}()
	return nil
}

func (h *Host) startHandler(port int) (err error) {
	if len(h.app.Functions) == 0 {
		h.options.Logger.Warn("no function loaded, so the handler is not started", "root", h.app.Root)
		h.supervisor.idle(nil)
		return nil
	}
	h.supervisor.command, err = newCommand(h.app.Root, h.config, h.env, port)
	if err == nil {
		err = h.supervisor.begin()
	}
	if err != nil && h.options.StartFailureHangs {
		h.options.Logger.Error("handler did not start; requests hang as they would in Azure", "error", err)
		h.supervisor.idle(err)
		return nil
	}
	return err
}

// connect sets up the ways to the handler. No proxy, no compression of our own: what a caller sent is what the handler gets.
func (h *Host) connect() {
	h.transport = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute}
	h.client = &http.Client{Transport: h.transport}
	if h.config.Forwarding {
		h.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	h.proxy = h.newProxy()
}

func (h *Host) newSupervisor(ctx context.Context) *supervisor {
	s := &supervisor{logger: h.options.Logger, finished: make(chan struct{})}
	s.ctx, s.stop = context.WithCancelCause(ctx)
	s.console = &console{out: h.options.Stdout, report: h.reportLine}
	probe := &http.Transport{DisableKeepAlives: true}
	s.prober = prober{"http://" + h.address + "/", h.config.InitializationTimeout, http.Client{
		Transport: probe, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	return s
}

// reportLine files a line as the real host does. Source: Workers/ProcessManagement/WorkerProcess.cs.
func (h *Host) reportLine(stream, line string) {
	level := slog.LevelInfo
	if stream == stderrName {
		level = slog.LevelError
		if strings.Contains(strings.ToLower(line), "warn") {
			level = slog.LevelWarn
		}
	}
	h.options.Logger.Log(context.Background(), level, line, "category", "Host.Function.Console", "stream", stream)
}

// Rejected are the functions that this host runs without: those of App.Rejected, and those whose app settings are missing or
// wrong.
func (h *Host) Rejected() []Rejected { return h.app.Rejected }

func portError(err error) error {
	return fmt.Errorf("the handler's port can't be had: %w; leave customHandler.port out of host.json to take a free one", err)
}

// WaitReady waits until the handler answers.
func (h *Host) WaitReady(ctx context.Context) error {
	_, err := h.supervisor.awaitReady(ctx)
	return err
}

// Done is closed when the host has stopped and the handler is gone.
func (h *Host) Done() <-chan struct{} { return h.supervisor.finished }

// Err is why the host stopped by itself, or nil while it runs and after Close.
func (h *Host) Err() error {
	if h.supervisor.ctx.Err() == nil || errors.Is(context.Cause(h.supervisor.ctx), context.Canceled) {
		return nil
	}
	return h.supervisor.reason()
}

// HandlerAddr is where the handler listens, as host:port. There is no sign-in at that address.
func (h *Host) HandlerAddr() string { return h.address }

// HandlerPID is the handler's process id, once it answers; 0 before.
func (h *Host) HandlerPID() int {
	p := h.supervisor.process()
	select {
	case <-p.ready:
		return p.cmd.Process.Pid
	default:
		return 0
	}
}

// StderrLines are the lines that the handler wrote to stderr so far, over all its runs.
func (h *Host) StderrLines() []string { return h.supervisor.console.stderrLines() }

// KillHandler ends the handler as kill -9 does, and returns when the host has noticed. The host counts it as a failure.
func (h *Host) KillHandler() error {
	p := h.supervisor.process()
	select {
	case <-p.started:
	case <-p.exited:
		return errors.New("no handler runs that could be killed")
	case <-h.supervisor.finished:
		return ErrStopped
	}
	if err := p.kill(); err != nil {
		return fmt.Errorf("the handler can't be killed: %w", err)
	}
	h.supervisor.awaitReplaced(p)
	return nil
}

// Close kills the handler and waits for its end. With Options.Strict it fails if the handler wrote to stderr.
func (h *Host) Close() error {
	h.stop(context.Canceled)
	h.transport.CloseIdleConnections()
	if lines := h.StderrLines(); h.options.Strict && len(lines) > 0 {
		return fmt.Errorf("the handler wrote %d lines to stderr, which the Functions host files as errors; the first is %q: log to stdout", len(lines), lines[0])
	}
	return nil
}
