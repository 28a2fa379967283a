package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rotunda/internal/standin/host"
)

// sweepSchedule is more frequent than in Azure, so that a developer does not have to wait ten
// minutes.
const sweepSchedule = "*/20 * * * * *"

// startApp runs the app in the host stand-in or in Core Tools.
func (d *desk) startApp(ctx context.Context, root string, listener net.Listener, out io.Writer) error {
	settings, err := d.appSettings(out)
	if err != nil {
		return err
	}
	log, err := d.openLog()
	if err != nil {
		return err
	}
	address := reachable(listener.Addr())
	d.app = "http://" + address + "/api"
	settings = append(d.signInDefaults(), settings...)
	d.signIn.Audit = lastOf(settings, auditFolder)
	settings = append(settings, d.signInSettings()...)
	settings = append(settings, d.azure.Env(d.options.vault)...)
	settings = append(settings, "WEBSITE_HOSTNAME="+address, "ROTATION_LOCK_FOLDER="+filepath.Join(d.folder.path, "locks"))
	if d.options.host == "func" {
		return d.startCoreTools(ctx, root, listener, settings, log)
	}
	return d.startHost(ctx, root, listener, settings, log)
}

// openLog opens the handler's log, with -v also for the terminal.
func (d *desk) openLog() (io.Writer, error) {
	file := filepath.Join(d.folder.path, "handler.log")
	log, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	d.logFile = file
	d.onClose(func() { _ = log.Close() })
	if d.options.verbose {
		return io.MultiWriter(log, os.Stderr), nil
	}
	return log, nil
}

func (d *desk) startHost(ctx context.Context, root string, listener net.Listener, settings []string, out io.Writer) error {
	app, err := host.Load(root)
	if err != nil {
		return err
	}
	sweepOften(app)
	options := host.Options{Env: settings, Stdout: out, Logger: slog.New(slog.NewTextHandler(out, nil)), Queues: host.NewQueues()}
	if d.options.keys {
		d.keys = newKeys(app.Functions)
		options.Keys = &d.keys
	}
	running, err := host.Start(ctx, app, options)
	if err != nil {
		return err
	}
	d.deliverEvents(app, options.Queues)
	d.onClose(func() { _ = running.Close() })
	failed := make(chan error, 1)
	go func() {
		<-running.Done()
		failed <- running.Err()
	}()
	d.failed = failed
	d.serve(running, listener)
	if d.options.tokens() {
		if err := d.azure.PublishApp(running); err != nil {
			return err
		}
	}
	ready, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := running.WaitReady(ready); err != nil {
		return fmt.Errorf("the handler did not start: %w; its log is %s\n%s", err, d.logFile, tail(d.logFile))
	}
	return nil
}

func sweepOften(app *host.App) {
	for i, function := range app.Functions {
		if function.Name == "sweep" {
			app.Functions[i].Trigger.Schedule = sweepSchedule
		}
	}
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

// reachable returns the address at which a caller on this machine reaches a listener, including
// one on all addresses.
func reachable(address net.Addr) string {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return address.String()
	}
	return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
}

// tail returns the end of a log, for a message.
func tail(file string) string {
	text, _ := os.ReadFile(file) // without a log there is no tail
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
