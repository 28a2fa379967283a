package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// coreToolsGrace is how long Core Tools may take to end.
const coreToolsGrace = 10 * time.Second

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
	ctx, cancel := context.WithCancel(ctx)
	command := exec.CommandContext(ctx, "func", "start", "--port", port, "--address", address)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // so that it ends the handler
	command.WaitDelay = coreToolsGrace
	command.Dir, command.Env, command.Stdout, command.Stderr = root, append(settings, "FUNCTIONS_WORKER_RUNTIME=custom", "AzureWebJobsStorage=UseDevelopmentStorage=true"), out, out
	if err := command.Start(); err != nil {
		cancel()
		return fmt.Errorf("func start: %w", err)
	}
	failed, ended := make(chan error, 1), make(chan struct{})
	go func() {
		failed <- cmp.Or(command.Wait(), errors.New("func start ended"))
		close(ended)
	}()
	d.failed = failed
	d.onClose(func() {
		cancel()
		<-ended
	})
	return d.awaitApp(ctx)
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
