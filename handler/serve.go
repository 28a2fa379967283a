package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"rotunda/internal/settings"
)

// drainTime is how long requests in progress may still take after the handler is told to stop.
// The host itself kills it without warning
// (WebJobs.Script/Workers/ProcessManagement/WorkerProcess.cs).
const drainTime = 10 * time.Second

// serve listens on loopback only: the host connects to 127.0.0.1, and nobody else should. As
// soon as it listens, it calls listening, whose error stops it. It returns nil after a drain.
func serve(ctx context.Context, port int, handler http.Handler, log *slog.Logger, listening func() error) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("%s=%d: %w", settings.HandlerPort, port, err)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	if err := listening(); err != nil {
		return err
	}
	log.Info("listening", "address", listener.Addr().String())
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
		return drain(server, log)
	}
}

// drain waits for requests in progress, up to drainTime.
func drain(server *http.Server, log *slog.Logger) error {
	log.Info("stopping", "drainSeconds", drainTime.Seconds())
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("requests did not end in time: %w", err)
	}
	return nil
}
