package azfunc

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"rotunda/internal/apierror"
)

// EventHandler takes an invocation that is no HTTP request. Its note goes into the function's own
// log at the host; its error makes the host deliver the event again. Neither may hold a value.
type EventHandler func(ctx context.Context, invocation Invocation) (note string, err error)

// maxInvocation bounds an invocation's body; Event Grid's events and queue messages are smaller.
const maxInvocation = 1 << 20

// ServeHTTP speaks the host's protocol: success is 200 with a JSON object that is not empty, and
// any other status is a failure, whose body the host does not show
// (WebJobs.Script/Workers/Http/DefaultHttpWorkerService.cs).
func (h EventHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, result := http.StatusOK, map[string][]string{}
	note, err := h.handle(r)
	if err != nil {
		note, status = err.Error(), http.StatusInternalServerError
		if noter, ok := w.(apierror.Noter); ok {
			noter.NoteError(err)
		}
	}
	result["Logs"] = []string{note}
	body, _ := json.Marshal(result) // strings can't fail
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the host may be gone
}

func (h EventHandler) handle(r *http.Request) (string, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxInvocation))
	if err != nil {
		return "", err
	}
	invocation, err := ParseInvocation(body)
	if err != nil {
		return "", err
	}
	return h(r.Context(), invocation)
}
