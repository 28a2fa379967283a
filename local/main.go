// Command local runs Rotunda locally: stand-ins for Key Vault, the managed identity and the
// Functions host, and the real handler binary between them. It shows the quickstart and then
// serves until Ctrl-C.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

// options are the command's flags.
type options struct {
	addr          string
	vault         string
	dataDir       string
	retentionDays int
	vaultLatency  time.Duration
	quickstart    bool
	host          string
	readyFile     string
	verbose       bool
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("go run ./local", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.addr, "addr", "127.0.0.1:7071", "`host:port` to serve the app at; port 0 means any free port")
	flags.StringVar(&o.vault, "vault", "contoso", "`name` of the vault that the app uses")
	flags.StringVar(&o.dataDir, "data", "", "`folder` to store the vaults in; by default they are in memory")
	flags.IntVar(&o.retentionDays, "retention-days", 90, "`days` (7 to 90) that soft-deleted secrets are retained")
	flags.DurationVar(&o.vaultLatency, "vault-latency", 0, "`time` added to each call to the vault, such as 20ms")
	flags.BoolVar(&o.quickstart, "quickstart", true, "set, read, delete and rotate a secret through the app at start")
	flags.StringVar(&o.host, "host", "", "\"func\" runs the app in Azure Functions Core Tools instead of the stand-in")
	flags.StringVar(&o.readyFile, "ready-file", "", "`file` to write the addresses to, as JSON, when everything is running")
	flags.BoolVar(&o.verbose, "v", false, "print the handler's log")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	return o, o.check(flags.Args())
}

func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q; go run ./local -h lists the flags", rest[0])
	case o.retentionDays < 7 || o.retentionDays > 90:
		return fmt.Errorf("-retention-days is %d; Key Vault allows 7 to 90", o.retentionDays)
	case o.vaultLatency < 0:
		return fmt.Errorf("-vault-latency is %s; it can't be negative", o.vaultLatency)
	case o.host != "" && o.host != "func":
		return fmt.Errorf("-host is %q; the only value is func", o.host)
	}
	return nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	options, err := parseFlags(args, stderr)
	if err != nil {
		return ignoreHelp(err)
	}
	desk, err := setUp(ctx, options, stdout)
	if err != nil {
		return err
	}
	defer desk.tearDown()
	desk.printAddresses(stdout)
	if err := writeReadyFile(options.readyFile, desk.addresses()); err != nil {
		return err
	}
	if options.quickstart {
		if err := quickstart(ctx, desk.app, stdout); err != nil {
			return fmt.Errorf("the quickstart failed: %w", err)
		}
		if options.host == "" { // Core Tools have queues of their own, which events do not reach
			if err := showRotation(ctx, desk.app, stdout); err != nil {
				return fmt.Errorf("the quickstart's rotation failed: %w; the handler's log is %s", err, desk.logFile)
			}
		}
	}
	fmt.Fprintln(stdout, "\nServing until Ctrl-C.")
	return desk.wait(ctx)
}
