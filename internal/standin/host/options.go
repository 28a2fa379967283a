package host

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
)

// Mode is the generation of the host, which decides how HTTP requests reach the handler.
type Mode int

const (
	// Newer is a host of 2025 or later: with enableProxyingHttpRequest, requests stream through.
	Newer Mode = iota
	// Older is a host up to version 4.1037: it knows only enableForwardingHttpRequest, and so
	// buffers requests. What it does to paths, queries and its own headers is imitated, as the app
	// must withstand that; that it drops headers such as Content-Encoding is not.
	Older
)

// Version is the version that the host reports to the handler.
const Version = "4.1052.200"

// Options say how a host runs an app. The zero value is usable.
type Options struct {
	// Env is the host's environment, which the handler inherits, as NAME=value. nil means this
	// process's. AzureFunctionsJobHost__functionTimeout and
	// AzureFunctionsJobHost__customHandler__initializationTimeout override host.json, and
	// AzureWebJobs.NAME.Disabled disables a function.
	Env []string
	// Mode selects the generation of the host.
	Mode Mode
	// Keys are the access keys. nil means that none is required, as with Core Tools' func start.
	Keys *Keys
	// Stdout receives each line that the handler writes, as "stdout: line" or "stderr: line". nil
	// discards them. The real host logs lines of stderr as errors.
	// Source: Workers/ProcessManagement/WorkerProcess.cs.
	Stdout io.Writer
	// Queues are the storage account's, which hosts can share. nil gives the host its own.
	Queues *Queues
	// Wrap, if not nil, returns what sends callers' requests to the handler. It gets what sends them
	// otherwise. Tests see by it what a handler receives and responds.
	Wrap func(http.RoundTripper) http.RoundTripper
	// Logger receives the host's log. nil discards it.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Env == nil {
		o.Env = os.Environ()
	}
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	if o.Queues == nil {
		o.Queues = NewQueues()
	}
	if o.Wrap == nil {
		o.Wrap = func(next http.RoundTripper) http.RoundTripper { return next }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

var (
	// ErrStopped is returned when the host has stopped, by Close or because the handler failed too
	// often.
	ErrStopped = errors.New("the Functions host has stopped")
	// ErrFunctionTimeout is returned when a function exceeds host.json's functionTimeout. The host
	// then restarts the handler.
	ErrFunctionTimeout = errors.New("the function exceeded functionTimeout, so the host restarts the handler")
	// ErrUnknownFunction is returned for a function that the app does not have.
	ErrUnknownFunction = errors.New("no such function")
)
