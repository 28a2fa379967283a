// Command handler is Rotunda's Azure Functions custom handler. The Functions host starts it,
// with the app settings as its environment. It joins the parts and does nothing else. With the
// argument -version it prints its version and ends.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"

	"rotunda/internal/azfunc"
	"rotunda/internal/jsonlog"
	"rotunda/internal/panics"
	"rotunda/internal/rotation/answer"
	"rotunda/internal/secret"
	"rotunda/internal/settings"
	"rotunda/internal/version"
)

func main() {
	if slices.Equal(os.Args[1:], []string{"-version"}) {
		fmt.Println("rotunda " + version.String())
		return
	}
	if err := run(context.Background(), os.Getenv, os.Stdout); err != nil {
		os.Exit(1)
	}
}

// run loads the settings and starts the handler. It logs to stdout, because the host files
// stderr as errors. After a fatal error the exit code must not be 0, with which the host would
// not start the handler again.
func run(ctx context.Context, getenv func(string) string, stdout io.Writer) error {
	tuneGC(getenv)
	s, err := settings.Load(getenv)
	log, flush := jsonlog.New(stdout, s.LogLevel)
	defer flush()
	jsonlog.TakeLibraries(log)
	for _, problem := range s.Telemetry.Problems {
		log.Warn("telemetry is off until a setting is corrected", "error", problem.Error())
	}
	if err == nil {
		err = start(ctx, s, log)
	}
	for _, problem := range each(err) {
		log.Error("the handler stopped", "error", problem.Error())
	}
	return err
}

// start listens before it joins the parts, so that the host connects as early as possible.
func start(ctx context.Context, s settings.Settings, log *slog.Logger) error {
	for _, line := range s.Removed {
		log.Warn(line)
	}
	provider := openTelemetry(ctx, s.Telemetry, log)
	defer stopTelemetry(provider, log)
	starting := azfunc.NewStarting()
	var joined app
	return serve(ctx, service{
		port: s.Port, handler: starting, log: log,
		listening: func() (err error) {
			if joined, err = newApp(s, provider, log); err != nil {
				return err
			}
			starting.Ready(joined)
			go warmUp(ctx, joined, log)
			return nil
		},
		finish: func(ctx context.Context) {
			finishAttempts(ctx, joined.attempts, log)
			joined.door.close(log)
		},
	})
}

// finishAttempts waits for rotations that were started on demand, whose requests have ended.
func finishAttempts(ctx context.Context, attempts *answer.Attempts, log *slog.Logger) {
	for _, name := range attempts.Wait(ctx) {
		log.Warn("a rotation was interrupted; it is resumed by sweep or by POST secrets/{name}/rotation/resume", "secret", name)
	}
}

// warmUp makes the first calls, so that no user waits for the challenge, the token and the TLS
// handshake. Its failure is only logged; each request reports its own.
func warmUp(ctx context.Context, joined app, log *slog.Logger) {
	defer func() {
		if cause := recover(); cause != nil {
			log.Warn("the warm-up failed", "error", panics.Error(cause).Error())
		}
	}()
	joined.door.warmUp(ctx, log)
	if _, err := joined.vault.List(ctx, secret.Query{MaxResults: 1}); err != nil {
		log.Warn("the warm-up failed", "error", err.Error())
	}
}
