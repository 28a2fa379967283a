// Command local runs Rotunda locally: stand-ins for Key Vault, the managed identity and the
// Functions host, and the real handler binary between them. It shows the quickstart and then
// serves until Ctrl-C. With -only vault it serves the vault without the app.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), stopSignals()...)
	defer stop()
	ctx, cancel := withParent(ctx)
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1) //nolint:gocritic // run has ended, and the process ends
	}
}

// stopSignals returns the signals that stop the run. SIGQUIT, which is Ctrl-\, is among them: Go
// would end the process at once, and leave what it has started. A SIGHUP that the caller ignores,
// as nohup does, stays ignored.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	options, err := parseFlags(args, stderr)
	if err != nil {
		return ignoreHelp(err)
	}
	if err := removeReadyFile(options.readyFile); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if options.only != "" {
		return runVault(ctx, stop, options, stdout)
	}
	desk, err := setUp(ctx, stop, options, stdout)
	if err != nil {
		return failure(ctx, err)
	}
	defer func() { desk.tearDown(err) }()
	if err := desk.announce(stdout); err != nil {
		return err
	}
	if options.quickstart {
		if err := desk.showQuickstart(ctx, stdout); err != nil {
			return err
		}
	}
	fmt.Fprintln(stdout, "\nServing until Ctrl-C.")
	return desk.wait(ctx)
}

// showQuickstart shows what the app does. A run that is stopped meanwhile has not failed.
func (d *desk) showQuickstart(ctx context.Context, stdout io.Writer) error {
	show := d.showKeys
	if d.options.tokens() {
		show = d.showTokens
	}
	err := show(ctx, stdout)
	if err = failure(ctx, err); err != nil {
		return fmt.Errorf("the quickstart failed: %w; the handler's log is %s", err, d.logFile)
	}
	return nil
}

func (d *desk) showKeys(ctx context.Context, stdout io.Writer) error {
	app := caller{url: d.app, key: d.keys.Host[defaultKey]}
	if err := quickstart(ctx, app, stdout); err != nil || d.options.host != "" { // Core Tools have queues of their own, which events do not reach
		return err
	}
	return showRotation(ctx, app, stdout)
}

// failure returns the error, or nil if the run was stopped: then it only says what was cut short.
func failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
