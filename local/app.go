package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"rotunda/internal/standin/host"
)

// sweepSchedule is more frequent than in Azure, so that a developer does not have to wait ten
// minutes.
const sweepSchedule = "*/20 * * * * *"

// startApp runs the app in the host stand-in or in Core Tools.
func (d *desk) startApp(ctx context.Context, root string, listener net.Listener) error {
	address := reachable(listener.Addr())
	d.app = "http://" + address + "/api"
	d.logFile = filepath.Join(filepath.Dir(root), "handler.log")
	log, err := os.Create(d.logFile)
	if err != nil {
		return err
	}
	d.onClose(func() { _ = log.Close() })
	out := io.Writer(log)
	if d.options.verbose {
		out = io.MultiWriter(log, os.Stderr)
	}
	settings := append(environment(), d.azure.Env(d.options.vault)...)
	settings = append(settings, "WEBSITE_HOSTNAME="+address, "ROTATION_LOCK_FOLDER="+filepath.Join(filepath.Dir(root), "locks"), "ROTATION_SWEEP_SCHEDULE="+sweepSchedule)
	if d.options.host == "func" {
		return d.startCoreTools(ctx, root, listener, settings, out)
	}
	return d.startHost(ctx, root, listener, settings, out)
}

func (d *desk) startHost(ctx context.Context, root string, listener net.Listener, settings []string, out io.Writer) error {
	app, err := host.Load(root)
	if err != nil {
		return err
	}
	queues := host.NewQueues()
	running, err := host.Start(ctx, app, host.Options{Env: settings, Stdout: out, Logger: slog.New(slog.NewTextHandler(out, nil)), Queues: queues})
	if err != nil {
		return err
	}
	d.deliverEvents(app, queues)
	d.onClose(func() { _ = running.Close() })
	failed := make(chan error, 1)
	go func() {
		<-running.Done()
		failed <- running.Err()
	}()
	d.failed = failed
	d.serve(running, listener)
	ready, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := running.WaitReady(ready); err != nil {
		return fmt.Errorf("the handler did not start: %w\n%s", err, tail(d.logFile))
	}
	return nil
}

// deliverEvents stands in for Event Grid: it puts the vault's events into the queue that triggers
// onvaultmessage.
func (d *desk) deliverEvents(app *host.App, queues *host.Queues) {
	function, ok := app.Function("onvaultmessage")
	if !ok {
		return
	}
	unsubscribe := d.azure.Subscribe(nil, func(_ context.Context, event json.RawMessage) {
		_ = queues.PutEvent(function.Trigger.QueueName, event) // an event is small enough for a queue
	})
	d.onClose(unsubscribe)
}

// startCoreTools closes the listener and runs `func start` at its address.
func (d *desk) startCoreTools(ctx context.Context, root string, listener net.Listener, settings []string, out io.Writer) error {
	if _, err := exec.LookPath("func"); err != nil {
		return errors.New("-host func needs Azure Functions Core Tools, but func is not on the PATH: install them, or omit -host")
	}
	address, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	_ = listener.Close()
	command := exec.CommandContext(ctx, "func", "start", "--port", port, "--address", address)
	command.Dir, command.Env, command.Stdout, command.Stderr = root, append(settings, "FUNCTIONS_WORKER_RUNTIME=custom", "AzureWebJobsStorage=UseDevelopmentStorage=true"), out, out
	if err := command.Start(); err != nil {
		return fmt.Errorf("func start: %w", err)
	}
	failed := make(chan error, 1)
	go func() { failed <- cmp.Or(command.Wait(), errors.New("func start ended")) }()
	d.failed = failed
	d.onClose(func() { _ = command.Process.Kill() })
	return d.awaitApp(ctx)
}

// reachable returns the address at which a caller on this machine reaches a listener, including
// one on all addresses.
func reachable(address net.Addr) string {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return address.String()
	}
	return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
}

// environment returns this process's environment without what would direct the app away from the
// stand-ins: a real identity, another vault, another proxy.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(setting string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(setting), "=")
		return strings.HasPrefix(name, "AZURE_") || strings.HasPrefix(name, "KEY_VAULT_") || strings.HasPrefix(name, "ROTATION_") || strings.HasSuffix(name, "_PROXY")
	})
}

// awaitApp requests the app's health until there is a response.
func (d *desk) awaitApp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.app+"/health", nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
			return nil
		}
		select {
		case <-tick.C:
		case err := <-d.failed:
			return fmt.Errorf("%w\n%s", err, tail(d.logFile))
		case <-ctx.Done():
			return fmt.Errorf("the app did not respond: %w\n%s", ctx.Err(), tail(d.logFile))
		}
	}
}

// tail returns the end of a log, for a message.
func tail(file string) string {
	text, _ := os.ReadFile(file) // without a log there is no tail
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
