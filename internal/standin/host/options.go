package host

import (
	"errors"
	"io"
	"log/slog"
	"os"
)

// Mode is how old the host is that is stood in for, as that decides how plain HTTP functions reach the handler.
type Mode int

const (
	// Newer is a host of 2025 or later: where host.json turns on enableProxyingHttpRequest, requests stream through.
	Newer Mode = iota
	// Older is a host as of version 4.1037: it knows enableForwardingHttpRequest only, which buffers.
	Older
)

// Version is what the host calls itself to the handler.
const Version = "4.1052.200"

// Options say how a host runs an app. The zero value is usable.
type Options struct {
	// Env is the host's environment, which the handler inherits, as NAME=value; nil takes this process's. Settings named
	// AzureFunctionsJobHost__ override host.json, and AzureWebJobs.NAME.Disabled turns a function off.
	Env []string
	// Mode chooses between the two ways to hand requests on, where host.json allows both.
	Mode Mode
	// Keys are the access keys; nil turns sign-in off, as Core Tools' func start does.
	Keys *Keys
	// Stdout takes each line that the handler writes, as "stdout: line" or "stderr: line"; nil sends them to Logger.
	Stdout io.Writer
	// Strict makes Close fail if the handler wrote to stderr, which the real host files as errors.
	Strict bool
	// StartFailureHangs treats a handler that can't be started as the real host does: requests wait for four times the
	// initialization timeout, and then the host stops. Otherwise Start fails.
	StartFailureHangs bool
	// Queues are the storage account's, which hosts can share; nil gives the host its own.
	Queues *Queues
	// Logger takes what the host has to say; nil discards it.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Env == nil {
		o.Env = os.Environ()
	}
	if o.Queues == nil {
		o.Queues = NewQueues()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

var (
	// ErrStopped is given when the host has stopped, by Close or because the handler failed too often.
	ErrStopped = errors.New("the Functions host has stopped")
	// ErrFunctionTimeout is given when a function took longer than host.json's functionTimeout. The handler is restarted then.
	ErrFunctionTimeout = errors.New("the function took longer than functionTimeout, so the host restarts the handler")
	// ErrUnknownFunction is given for a function that the app does not have.
	ErrUnknownFunction = errors.New("no such function")
)
