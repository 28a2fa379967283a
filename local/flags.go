package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"rotunda/internal/settings"
	"rotunda/internal/standin/eventgrid"
)

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
	settings      []string // NAME=VALUE
	keys          bool
	signIn        string
	sqlServer     string
	verbose       bool

	only         string // "vault", or "" for the app too
	events       string // a webhook's URL
	eventsSchema string
	seed         string          // a file
	given        map[string]bool // the flags that were given
}

// The values of -sign-in.
const (
	signInKeys   = "keys"
	signInTokens = "tokens"
)

func (o options) tokens() bool { return o.signIn == signInTokens }

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("go run ./local", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.addr, "addr", "127.0.0.1:7071", "`host:port` to serve the app at, or with -only vault the vault's proxy; port 0 means any free port")
	flags.StringVar(&o.vault, "vault", "contoso", "`name` of the vault that the app uses")
	flags.StringVar(&o.dataDir, "data", "", "`folder` to store the vaults in; by default they are in memory")
	flags.IntVar(&o.retentionDays, "retention-days", 90, "`days` (7 to 90) that soft-deleted secrets are retained")
	flags.DurationVar(&o.vaultLatency, "vault-latency", 0, "`time` added to each call to the vault, such as 20ms")
	flags.BoolVar(&o.quickstart, "quickstart", true, "set, read, delete and rotate a secret through the app at start")
	flags.StringVar(&o.host, "host", "", "\"func\" runs the app in Azure Functions Core Tools instead of the stand-in")
	flags.StringVar(&o.readyFile, "ready-file", "", "`file` to write the addresses to, as JSON, while everything is running")
	flags.Func("set", "an app setting as `NAME=VALUE`; may be repeated, and overrides local.settings.json", func(text string) error {
		o.settings = append(o.settings, text)
		return checkSetting(text)
	})
	flags.BoolVar(&o.keys, "keys", false, "make a key per function and require it; they are in the ready file")
	flags.StringVar(&o.signIn, "sign-in", signInKeys, "how callers sign in: keys, or tokens of a stand-in for Entra")
	flags.StringVar(&o.sqlServer, "sqlserver", "", "`host:port` to serve a stand-in for SQL Server at, such as 127.0.0.1:1433")
	flags.BoolVar(&o.verbose, "v", false, "print the handler's log, or with -only vault a line per call")
	flags.StringVar(&o.only, "only", "", "\"vault\" serves the vault without the app, for tests of other programs")
	flags.StringVar(&o.events, "events", "", "with -only vault: `URL` of a webhook that gets the vault's events")
	flags.StringVar(&o.eventsSchema, "events-schema", eventgrid.SchemaEventGrid, "with -events: eventgrid or cloudevents")
	flags.StringVar(&o.seed, "seed", "", "with -only vault: JSON `file` with secrets to set at start, by name")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.given = map[string]bool{}
	flags.Visit(func(f *flag.Flag) { o.given[f.Name] = true })
	return o, errors.Join(o.check(flags.Args()), o.checkOnly())
}

func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q; go run ./local -h lists the flags", rest[0])
	case !settings.IsVaultName(o.vault):
		return fmt.Errorf("-vault is %q; a vault's name has 3 to 24 letters, digits and single hyphens, and a letter first", o.vault)
	case o.retentionDays < 7 || o.retentionDays > 90:
		return fmt.Errorf("-retention-days is %d; Key Vault allows 7 to 90", o.retentionDays)
	case o.vaultLatency < 0:
		return fmt.Errorf("-vault-latency is %s; it can't be negative", o.vaultLatency)
	case o.host != "" && o.host != "func":
		return fmt.Errorf("-host is %q; the only value is func", o.host)
	case o.signIn != signInKeys && o.signIn != signInTokens:
		return fmt.Errorf("-sign-in is %q; use keys or tokens", o.signIn)
	case o.tokens() && o.keys:
		return errors.New("-keys and -sign-in tokens exclude each other here: omit one")
	case o.tokens() && o.host != "":
		return errors.New("-sign-in tokens needs the stand-in for the host, which serves the app by TLS: omit -host")
	case o.host != "" && o.keys:
		return errors.New("-keys needs the stand-in: func start checks no keys, so omit -host")
	}
	return nil
}

func ignoreHelp(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	return err
}
