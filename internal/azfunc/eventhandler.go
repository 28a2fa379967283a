package azfunc

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"rotunda/internal/apierror"
)

// EventHandler takes an invocation that is no HTTP request. Its note goes into the function's own
// log at the host; its error makes the host deliver the event again. Neither may hold a value.
type EventHandler func(ctx context.Context, invocation Invocation) (note string, err error)

// ResultHandler is an EventHandler for a function with output bindings.
type ResultHandler func(ctx context.Context, invocation Invocation) (Result, error)

// Result is what a function gives back. Outputs are by the binding's name; a list is a message per entry. Text that
// happens to be base64 would arrive decoded, so messages are objects (WebJobs.Script/Workers/Http/HttpScriptInvocationResultExtensions.cs).
type Result struct {
	Note    string
	Outputs map[string]any
}

// maxInvocation bounds an invocation's body; Event Grid's events and queue messages are smaller.
const maxInvocation = 1 << 20

// ServeHTTP answers an invocation.
func (h EventHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ResultHandler(func(ctx context.Context, invocation Invocation) (Result, error) {
		note, err := h(ctx, invocation)
		return Result{Note: note}, err
	}).ServeHTTP(w, r)
}

// ServeHTTP speaks the host's protocol: success is 200 with a JSON object that is not empty, and
// any other status is a failure, whose body the host does not show
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
