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
)

// drainTime is how long requests in flight may still take when the handler is told to stop. The
// host itself kills without telling (WebJobs.Script/Workers/ProcessManagement/WorkerProcess.cs).
const drainTime = 10 * time.Second

// serve listens on loopback only: the host dials 127.0.0.1, and nobody else should. It calls
// listening once it does, which may fail, and returns nil after a drain.
func serve(ctx context.Context, port int, handler http.Handler, log *slog.Logger, listening func() error) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("%s=%d: %w", settingPort, port, err)
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

func drain(server *http.Server, log *slog.Logger) error {
	log.Info("stopping", "drainSeconds", drainTime.Seconds())
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("requests were cut off: %w", err)
	}
	return nil
}
