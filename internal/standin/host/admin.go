package host

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// serveAdmin serves the host's own paths: its ping to anyone, Event Grid's webhook to callers with
// that key, and a run on demand to callers with the master key.
// Source: src/WebJobs.Script.WebHost/Controllers/HostController.cs and FunctionsController.cs.
func (h *Host) serveAdmin(w http.ResponseWriter, r *http.Request, path string) {
	name, runs := functionToRun(r, path)
	switch {
	case isBelow(path, "/admin/host/ping"):
		w.WriteHeader(http.StatusOK)
	case strings.EqualFold(strings.TrimSuffix(path, "/"), webhookPath):
		h.serveWebhook(w, r)
	case !runs:
		w.WriteHeader(http.StatusNotFound)
	case !h.options.Keys.identify(r, "").may(LevelAdmin):
		w.WriteHeader(http.StatusUnauthorized)
	default:
		h.serveRun(w, r, name)
	}
}

// functionToRun returns the name in POST /admin/functions/{name}.
func functionToRun(r *http.Request, path string) (name string, ok bool) {
	const folder = "/admin/functions"
	if r.Method != http.MethodPost || !isBelow(path, folder) {
		return "", false
	}
	name = strings.Trim(path[len(folder):], "/")
	return name, name != "" && !strings.Contains(name, "/")
}

// serveRun starts a function that HTTP does not trigger, with an input instead of its trigger's.
// Only the log shows whether it succeeded; a queue's message is not retried.
func (h *Host) serveRun(w http.ResponseWriter, r *http.Request, name string) {
	input, ok := readInput(http.MaxBytesReader(w, r.Body, h.bodyLimit))
	f, found := h.app.Function(name)
	switch {
	case !ok:
		writeText(w, http.StatusBadRequest, `the body must be a JSON object such as {"input":"text"}`)
		return
	case !found:
		w.WriteHeader(http.StatusNotFound)
		return
	case f.IsHTTP():
		writeText(w, http.StatusBadRequest, "this function has an HTTP trigger: send it a request")
		return
	}
	h.goBackground(func() {
		if _, err := h.Invoke(h.supervisor.ctx, f.Name, f.triggerFrom(input)); err != nil {
			h.options.Logger.Error("function run on demand failed", "function", f.Name, "error", err)
		}
	})
	w.WriteHeader(http.StatusAccepted)
}

// readInput reads the body. Without an input the function gets an empty one.
func readInput(body io.Reader) (input string, ok bool) {
	text, err := io.ReadAll(body)
	if err != nil {
		return "", false
	}
	var sent *struct{ Input string }
	if json.Unmarshal(text, &sent) != nil || sent == nil {
		return "", false
	}
	return sent.Input, true
}

func (f Function) triggerFrom(input string) Trigger {
	switch {
	case f.Trigger.is(timerTriggerType):
		return Timer()
	case f.Trigger.is(queueTriggerType):
		return QueueMessage(input, 1)
	default:
		return Event(json.RawMessage(input))
	}
}
