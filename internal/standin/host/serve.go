package host

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/google/uuid"
)

// ServeHTTP serves a request to the function app.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.supervisor.ctx.Err() != nil {
		http.Error(w, h.supervisor.reason().Error(), http.StatusServiceUnavailable)
		return
	}
	path := decodedPath(r.URL.EscapedPath())
	if isBelow(path, "/admin") || isBelow(path, "/runtime") { // the host's own paths precede any function
		h.serveAdmin(w, r, path)
		return
	}
	function, found := h.routes.find(r.Method, path)
	switch {
	case found:
		h.serveFunction(w, r, call{function: function, path: path})
	case path == "/":
		h.serveHomepage(w)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// call is one request to one function.
type call struct {
	function Function
	path     string // decoded
	id       string // the invocation's
	failure  error  // of proxying
}

// serveFunction checks the caller and passes the request to the handler. The key is checked first,
// even if the function is disabled.
// Source: src/WebJobs.Script.WebHost/Middleware/FunctionInvocationMiddleware.cs (GetResultAsync).
func (h *Host) serveFunction(w http.ResponseWriter, r *http.Request, c call) {
	c.id = uuid.NewString()
	caller := h.options.Keys.identify(r, c.function.Name)
	if !caller.may(c.function.Level) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if h.env.disables(c.function.Name) && (h.options.Keys == nil || caller.level != LevelAdmin) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if r.ContentLength > h.bodyLimit {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, h.bodyLimit)
	// Source: Workers/Http/DefaultHttpWorkerService.cs (InvokeAsync).
	if h.config.Proxying && h.options.Mode == Newer {
		h.serveProxied(w, r, c)
		return
	}
	h.serveForwarded(w, r, c)
}

// withHandler waits for the handler and runs one invocation. If it exceeds functionTimeout, the
// handler is killed, and with it every other invocation.
// Source: Workers/Http/HttpFunctionInvocationDispatcher.cs.
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
	defer func() { // deferred, because a response that is interrupted is a panic
		if errors.Is(context.Cause(limited), ErrFunctionTimeout) {
			process.replace()
			h.supervisor.awaitReplaced(process)
			err = ErrFunctionTimeout
		}
	}()
	return invoke(limited)
}

// fail responds to a failed invocation: 500 without a body. Only the log has the reason.
func (h *Host) fail(w http.ResponseWriter, c call, err error) {
	status := failureStatus(err)
	h.options.Logger.Error("invocation failed", "function", c.function.Name, "invocation", c.id, "status", status, "error", err)
	w.WriteHeader(status)
}

func failureStatus(err error) int {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
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
