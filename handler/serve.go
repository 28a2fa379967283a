package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	idle "rotunda/internal/connections"
	"rotunda/internal/panics"
	"rotunda/internal/settings"
)

// drainTime is how long requests in progress may still take after a signal to stop. The host
// itself kills the handler without warning
// (WebJobs.Script/Workers/ProcessManagement/WorkerProcess.cs).
const drainTime = 10 * time.Second

const (
	// requestTime bounds a request, from its header to the end of its response. The host itself
	// waits 240 seconds (HttpProxyService/DefaultHttpProxyService.cs).
	requestTime = 5 * time.Minute
	// idleTime is longer than the host keeps an idle connection, which is one minute (.NET's
	// SocketsHttpHandler.PooledConnectionIdleTimeout), so that the host is the one that closes it.
	idleTime = 3 * time.Minute
	// maxHeaderBytes is more than the host accepts: 8 KiB of request line and 32 KiB of headers
	// (Kestrel's defaults).
	maxHeaderBytes = 48 << 10
)

// service is what serve serves.
type service struct {
	port      int
	handler   http.Handler
	log       *slog.Logger
	listening func() error          // called as soon as the port is open; its error stops the service
	finish    func(context.Context) // waits for work that outlives requests, or for the context
}

// serve listens, and serves until ctx ends or the process gets a signal to stop. It returns nil
// after a drain. Before it listens, there is nothing to drain, and a signal ends the process at
// once.
func serve(ctx context.Context, s service) error {
	listener, err := listen(ctx, s.port)
	if err != nil {
		return fmt.Errorf("%s=%d: %w", settings.HandlerPort, s.port, err)
	}
	server := newServer(s)
	stopped := make(chan error, 1)
	go func() { stopped <- accept(server, listener) }()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.listening(); err != nil {
		return err
	}
	s.log.Info("listening", "address", listener.Addr().String())
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
		return drain(server, s)
	}
}

// listen opens the port on loopback only: the host connects to 127.0.0.1, and nobody else should.
// Asking the system for IPv6 and Multipath TCP would take a third of the time.
func listen(ctx context.Context, port int) (net.Listener, error) {
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	return config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

func newServer(s service) *http.Server {
	return &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout:      requestTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         idle.New(idle.Max).State,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

// accept serves until the server is shut down. It turns a panic into an error.
func accept(server *http.Server, listener net.Listener) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panics.Error(cause)
		}
	}()
	return server.Serve(listener)
}

// drain waits for requests in progress, and then for what outlives them, up to drainTime.
func drain(server *http.Server, s service) error {
	s.log.Info("stopping", "drainSeconds", drainTime.Seconds())
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	err := server.Shutdown(ctx)
	s.finish(ctx)
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("requests did not end in time: %w", err)
	}
	return nil
}
