package host

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/google/uuid"
)

// ServeHTTP answers a request to the function app.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.supervisor.ctx.Err() != nil {
		http.Error(w, h.supervisor.reason().Error(), http.StatusServiceUnavailable)
		return
	}
	path := decodedPath(r.URL.EscapedPath())
	if isBelow(path, "/admin") || isBelow(path, "/runtime") { // the host's own, before any function
		h.serveAdmin(w, r, path)
		return
	}
	function, parameters, found := h.routes.find(r.Method, path)
	switch {
	case found:
		h.serveFunction(w, r, call{function: function, parameters: parameters, path: path})
	case path == "/":
		h.serveHomepage(w)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// call is one request to one function.
type call struct {
	function   Function
	parameters map[string]string
	path       string // decoded
	id         string // the invocation's
	caller     caller
	failure    error // of proxying
}

// serveFunction checks the caller and hands the request to the handler.
// Source: src/WebJobs.Script.WebHost/Middleware/FunctionInvocationMiddleware.cs.
func (h *Host) serveFunction(w http.ResponseWriter, r *http.Request, c call) {
	c.id, c.caller = uuid.NewString(), h.options.Keys.identify(r, c.function.Name)
	if h.env.disables(c.function.Name) && (h.options.Keys == nil || c.caller.level != LevelAdmin) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if !c.caller.may(c.function.Level) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.ContentLength > h.bodyLimit {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, h.bodyLimit)
	h.way(c.function)(w, r, c)
}

// way is how a function's requests reach the handler. Source: Workers/Http/DefaultHttpWorkerService.cs (InvokeAsync).
func (h *Host) way(f Function) func(http.ResponseWriter, *http.Request, call) {
	switch {
	case f.passesHTTP() && h.config.Proxying && h.options.Mode == Newer:
		return h.serveProxied
	case f.passesHTTP() && h.config.Forwarding:
		return h.serveForwarded
	default:
		return h.serveInvoked
	}
}

// withHandler waits for the handler and runs one invocation against it. One that outlives functionTimeout costs the
// handler's life, and with it every other invocation's. Source: Workers/Http/HttpFunctionInvocationDispatcher.cs.
func (h *Host) withHandler(ctx context.Context, invoke func(ctx context.Context) error) (err error) {
	process, err := h.supervisor.awaitReady(ctx)
	if err != nil {
		return err
	}
	if h.config.FunctionTimeout == 0 {
		return invoke(ctx)
	}
	limited, cancel := context.WithTimeoutCause(ctx, h.config.FunctionTimeout, ErrFunctionTimeout)
	defer cancel()
	defer func() { // deferred, as an answer that breaks off in its middle is a panic
		if errors.Is(context.Cause(limited), ErrFunctionTimeout) {
			process.replace()
			h.supervisor.awaitReplaced(process)
			err = ErrFunctionTimeout
		}
	}()
	return invoke(limited)
}

// fail answers for an invocation that failed: 500 with nothing in it, the reason in the log alone.
func (h *Host) fail(w http.ResponseWriter, c call, err error) {
	status := http.StatusInternalServerError
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		status = http.StatusRequestEntityTooLarge
	}
	h.options.Logger.Error("invocation failed", "function", c.function.Name, "invocation", c.id, "status", status, "error", err)
	w.WriteHeader(status)
}

func (h *Host) serveHomepage(w http.ResponseWriter) {
	if h.env.isTrue("AzureWebJobsDisableHomepage") {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<!DOCTYPE html><html><head><title>Your Functions app is up and running</title></head>"+
		"<body><h1>Your Functions app is up and running</h1></body></html>\n")
}
