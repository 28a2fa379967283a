package azfunc

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"rotunda/internal/apierror"
)

// EventHandler handles an invocation that is not an HTTP request. The host shows its note in the
// function's log. If it returns an error, the host delivers the event again. Neither may hold a
// secret's value.
type EventHandler func(ctx context.Context, invocation Invocation) (note string, err error)

// ResultHandler is an EventHandler for a function with output bindings.
type ResultHandler func(ctx context.Context, invocation Invocation) (Result, error)

// Result is what a function returns to the host. Outputs has a list of messages for each output
// binding, by the binding's name. Messages are objects, because the host would decode text that
// happens to be base64 (WebJobs.Script/Workers/Http/HttpScriptInvocationResultExtensions.cs).
type Result struct {
	Note    string
	Outputs map[string]any
}

// maxInvocation is the largest invocation body that is read. Event Grid's events and queue
// messages are smaller.
const maxInvocation = 1 << 20

// ServeHTTP responds to an invocation.
func (h EventHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ResultHandler(func(ctx context.Context, invocation Invocation) (Result, error) {
		note, err := h(ctx, invocation)
		return Result{Note: note}, err
	}).ServeHTTP(w, r)
}

// ServeHTTP implements the host's protocol: success is 200 with a JSON object that is not empty.
// Any other status is a failure, and the host does not show its body
// (WebJobs.Script/Workers/Http/DefaultHttpWorkerService.cs).
func (h ResultHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := http.StatusOK
	result, err := h.handle(r)
	answer := map[string]any{"Logs": []string{result.Note}}
	if len(result.Outputs) > 0 {
		answer["Outputs"] = result.Outputs
	}
	body, encodeErr := json.Marshal(answer)
	if err = errors.Join(err, encodeErr); err != nil {
		status = http.StatusInternalServerError
		body, _ = json.Marshal(map[string]any{"Logs": []string{err.Error()}}) // strings can't fail
		if noter, ok := w.(apierror.Noter); ok {
			noter.NoteError(err)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the host may be gone
}

func (h ResultHandler) handle(r *http.Request) (Result, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxInvocation))
	if err != nil {
		return Result{}, err
	}
	invocation, err := ParseInvocation(body)
	if err != nil {
		return Result{}, err
	}
	return h(r.Context(), invocation)
}
