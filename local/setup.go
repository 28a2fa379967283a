package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"rotunda/internal/stage"
	"rotunda/internal/standin"
	"rotunda/internal/standin/github"
	"rotunda/internal/standin/host"
)

// desk is everything that runs.
type desk struct {
	options options
	repo    string // the folder with go.mod
	folder  *folder
	app     string           // base URL of the API
	keys    host.Keys        // empty unless they are required
	signIn  signIn           // empty unless callers sign in by token
	github  *github.Provider // of the workflow's tokens; nil unless callers sign in by token

	application application       // whose client secret can be rotated
	resources   map[string]string // ids of Azure resources that have keys, by a short name

	ownRules bool // the repository has an access.json, which applies in place of the example
	logFile  string
	azure    *standin.Azure
	client   standin.Caller // with -only vault
	up       atomic.Bool    // with -only vault: the secrets are set
	failed   <-chan error   // receives an error if the app ends by itself

	closers []func()
}

// setUp starts everything. If something fails, it stops what it has started. stop is what the
// control endpoint calls to end the run.
func setUp(ctx context.Context, stop func(), options options, out io.Writer) (_ *desk, err error) {
	d := &desk{options: options}
	defer func() {
		if err != nil {
			d.tearDown(failure(ctx, err))
		}
	}()
	listener, err := listen(ctx, options.addr)
	if err != nil {
		return nil, err
	}
	d.onClose(func() { _ = listener.Close() })
	if d.folder, err = newFolder(); err != nil {
		return nil, err
	}
	root := filepath.Join(d.folder.path, "app")
	fmt.Fprintln(out, "Building the handler; the first time, this takes about a minute. Then the stand-ins and the app start ...")
	if d.repo, err = repository(ctx); err != nil {
		return nil, err
	}
	if err := d.stage(ctx, root); err != nil {
		return nil, err
	}
	if err := d.startAzure(stop); err != nil {
		return nil, err
	}
	if err := d.startSQLServer(out); err != nil {
		return nil, err
	}
	return d, d.startApp(ctx, root, listener, out)
}

// listen opens the app's address first, so that a port in use is reported before anything is
// built.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("can't serve at %s (%w): stop the program that uses it, or choose another with -addr, such as -addr 127.0.0.1:0", addr, err)
	}
	return listener, nil
}

// repository returns the folder with go.mod.
func repository(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return "", errors.New("the go command, which builds the handler, is not on the PATH: install Go from https://go.dev/dl")
	}
	module, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "rotunda").Output()
	if err != nil {
		return "", errors.New("this is not the repository's folder: run `go run ./local` there")
	}
	return strings.TrimSpace(string(module)), nil
}

// stage stages the app root as for a deployment, with the handler built for this machine.
func (d *desk) stage(ctx context.Context, root string) error {
	err := stage.Stage(ctx, d.repo, root, runtime.GOOS, runtime.GOARCH)
	if err == nil && d.options.tokens() {
		d.ownRules, err = stage.OpenToTokens(d.repo, root)
	}
	return err
}

func (d *desk) startAzure(stop func()) error {
	azure, err := standin.Start(standin.Options{
		Dir: d.folder.path, DataDir: d.options.dataDir, RetentionDays: d.options.retentionDays, VaultLatency: d.options.vaultLatency,
		Logger: slog.New(slog.DiscardHandler), Stop: stop, Roles: graphRoles,
	})
	if err != nil {
		return err
	}
	d.azure = azure
	d.onClose(func() { _ = azure.Close() })
	return errors.Join(d.addResources(), d.registerApplication(), d.registerCallers())
}

// serve serves the host stand-in at the listener.
func (d *desk) serve(handler http.Handler, listener net.Listener) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with tearDown
	d.onClose(func() { _ = server.Close() })
}

// wait serves until the run is stopped, or until the app ends by itself.
func (d *desk) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-d.failed:
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("the app ended: %w; its log is %s", err, d.logFile)
	}
}

func (d *desk) onClose(closer func()) { d.closers = append(d.closers, closer) }

// tearDown stops everything, in reverse order of starting. After a failure the folder stays if it
// holds a log.
func (d *desk) tearDown(failure error) {
	for len(d.closers) > 0 {
		last := len(d.closers) - 1
		d.closers[last]()
		d.closers = d.closers[:last]
	}
	if d.folder != nil {
		d.folder.close(failure != nil && d.logFile != "")
	}
}

func (d *desk) addresses() addresses {
	endpoint, header := d.azure.IdentityEndpoint(), d.azure.IdentityHeader()
	return addresses{
		PID: os.Getpid(), Keys: d.keyList(), signIn: d.signIn, Resources: d.resources, Application: d.application,
		App: d.app, Vault: "https://" + d.options.vault + ".vault.azure.net", VaultAddr: d.azure.VaultAddr(), CA: d.azure.CAFile(),
		Proxy: d.azure.ProxyURL(), IdentityEndpoint: endpoint, IdentityHeader: header, Control: d.azure.ControlURL(),
	}
}
