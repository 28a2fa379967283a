package host

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"rotunda/internal/freeport"
)

// Host runs one app's handler. It is an http.Handler: a request to it is a request to the function
// app.
type Host struct {
	app        *App
	config     Config
	options    Options
	env        environment
	routes     routes
	supervisor *supervisor
	address    string // the handler's, host:port
	transport  *http.Transport
	callers    http.RoundTripper // transport, as options.Wrap wraps it
	proxy      http.Handler
	bodyLimit  int64

	queues     *Queues
	mu         sync.Mutex // held to stop, and to start background work
	background sync.WaitGroup
}

// Start starts the app's handler on a free loopback port and returns at once, as the real host
// does: requests wait until the handler responds. A handler that can't be started is an error. The
// host stops when ctx ends, or on Close.
func Start(ctx context.Context, app *App, options Options) (*Host, error) {
	h := &Host{options: options.withDefaults()}
	h.env, h.queues = h.options.Env, h.options.Queues
	var err error
	if h.app, err = app.resolve(h.env, h.options.Logger); err != nil {
		return nil, err
	}
	if h.config, err = h.env.apply(app.Config); err != nil {
		return nil, err
	}
	if h.routes, err = newRoutes(h.config.RoutePrefix, h.app.Functions); err != nil {
		return nil, fmt.Errorf("extensions.http.routePrefix: %w", err)
	}
	if h.bodyLimit, err = h.env.bodyLimit(); err != nil {
		return nil, err
	}
	return h, h.launch(ctx)
}

// launch reserves the port, which stays the same through restarts, and starts the handler there.
func (h *Host) launch(ctx context.Context) error {
	port, release, err := freeport.Reserve()
	if err != nil {
		return fmt.Errorf("can't reserve a port for the handler: %w", err)
	}
	h.address = fmt.Sprintf("127.0.0.1:%d", port)
	// No proxy and no compression: the handler gets what a caller sent.
	h.transport = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute}
	h.callers = h.options.Wrap(h.transport)
	h.proxy = h.newProxy()
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
		return fmt.Errorf("the app at %s has no functions that can run: a folder with a function.json is one, and the log names those in error", h.app.Root)
	}
	if h.supervisor.command, err = newCommand(h.app.Root, h.config, h.env, port); err != nil {
		return err
	}
	return h.supervisor.begin()
}

func (h *Host) newSupervisor(ctx context.Context) *supervisor {
	s := &supervisor{logger: h.options.Logger, finished: make(chan struct{})}
	s.ctx, s.stop = context.WithCancelCause(ctx)
	s.console = &console{out: h.options.Stdout}
	s.prober = prober{"http://" + h.address + "/", h.config.InitializationTimeout, &http.Transport{DisableKeepAlives: true}}
	return s
}

// WaitReady waits until the handler responds.
func (h *Host) WaitReady(ctx context.Context) error {
	_, err := h.supervisor.awaitReady(ctx)
	return err
}

// Done returns a channel that is closed when the host has stopped and the handler has ended.
func (h *Host) Done() <-chan struct{} { return h.supervisor.finished }

// Err returns why the host stopped by itself. It returns nil while the host runs, and after Close.
func (h *Host) Err() error {
	if h.supervisor.ctx.Err() == nil || errors.Is(context.Cause(h.supervisor.ctx), context.Canceled) {
		return nil
	}
	return h.supervisor.reason()
}

// HandlerAddr returns where the handler listens, as host:port. No key is checked at that address.
func (h *Host) HandlerAddr() string { return h.address }

// HandlerPID returns the handler's process id once it responds, and 0 before.
func (h *Host) HandlerPID() int {
	p := h.supervisor.process()
	select {
	case <-p.ready:
		return p.cmd.Process.Pid
	default:
		return 0
	}
}

// KillHandler ends the handler as kill -9 does, and returns when the host has noticed. The host
// counts it as a failure.
func (h *Host) KillHandler() error {
	p := h.supervisor.process()
	select {
	case <-p.started:
	case <-h.supervisor.finished:
		return ErrStopped
	}
	if err := p.kill(); err != nil {
		return fmt.Errorf("can't kill the handler: %w", err)
	}
	h.supervisor.awaitReplaced(p)
	return nil
}

// Close kills the handler and waits until it has ended.
func (h *Host) Close() error {
	h.stop(context.Canceled)
	h.transport.CloseIdleConnections()
	return nil
}
