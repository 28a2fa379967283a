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
	"time"

	rotundastage "rotunda/internal/stage"
	"rotunda/internal/standin"
)

// stage is all that runs, in the order it was started.
type stage struct {
	options options
	app     string // base URL of the API
	logFile string
	azure   *standin.Azure
	failed  <-chan error // gives the app's end, should it end by itself

	closers []func()
}

// setUp starts everything. What it could start is torn down again when something fails.
func setUp(ctx context.Context, options options, out io.Writer) (_ *stage, err error) {
	s := &stage{options: options}
	defer func() {
		if err != nil {
			s.tearDown()
		}
	}()
	listener, err := listen(ctx, options.addr)
	if err != nil {
		return nil, err
	}
	s.onClose(func() { _ = listener.Close() })
	folder, err := os.MkdirTemp("", "rotunda-")
	if err != nil {
		return nil, err
	}
	s.onClose(func() { _ = os.RemoveAll(folder) })
	root := filepath.Join(folder, "app")
	fmt.Fprintln(out, "Building the handler ...")
	if err := build(ctx, root); err != nil {
		return nil, err
	}
	if err := s.startAzure(folder); err != nil {
		return nil, err
	}
	return s, s.startApp(ctx, root, listener)
}

// listen takes the app's address first: a port in use is told before anything is built.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("can't serve at %s (%w): stop what uses it, or choose another with -addr, such as -addr 127.0.0.1:0", addr, err)
	}
	return listener, nil
}

// build stages the app root as a deployment has it, with the handler built for this machine.
func build(ctx context.Context, root string) error {
	if _, err := exec.LookPath("go"); err != nil {
		return errors.New("the go command is not on the PATH, and it is needed to build the handler: install Go from https://go.dev/dl")
	}
	module, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "rotunda").Output()
	if err != nil {
		return errors.New("this is not the repository's folder: run `go run ./local` there")
	}
	return rotundastage.Stage(string(trimNewline(module)), root, runtime.GOOS, runtime.GOARCH)
}

func trimNewline(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return b
}

func (s *stage) startAzure(folder string) error {
	azure, err := standin.Start(standin.Options{
		Dir: folder, DataDir: s.options.dataDir, RetentionDays: s.options.retentionDays, VaultLatency: s.options.vaultLatency,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	s.azure = azure
	s.onClose(func() { _ = azure.Close() })
	return nil
}

// serve puts the host stand-in behind the listener.
func (s *stage) serve(handler http.Handler, listener net.Listener) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with tearDown
	s.onClose(func() { _ = server.Close() })
}

// wait serves until Ctrl-C, or until the app ends by itself.
func (s *stage) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return fmt.Errorf("the app ended: %w; its log is %s", err, s.logFile)
	}
}

func (s *stage) onClose(closer func()) { s.closers = append(s.closers, closer) }

// tearDown stops everything, last started first.
func (s *stage) tearDown() {
	for len(s.closers) > 0 {
		last := len(s.closers) - 1
		s.closers[last]()
		s.closers = s.closers[:last]
	}
}

func (s *stage) addresses() addresses {
	endpoint, header := s.azure.IdentityEndpoint(), s.azure.IdentityHeader()
	return addresses{
		App: s.app, Vault: "https://" + s.options.vault + ".vault.azure.net", VaultAddr: s.azure.VaultAddr(), CA: s.azure.CAFile(),
		Proxy: s.azure.ProxyURL(), IdentityEndpoint: endpoint, IdentityHeader: header, Control: s.azure.ControlURL(),
	}
}
