package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

const (
	webhookPath = "/runtime/webhooks/EventGrid"
	webhookKey  = "eventgrid_extension" // the system key's name
)

// serveWebhook receives events. Their schema and the Content-Type do not matter. Event Grid's
// handshakes are not supported, as Event Grid does not call the stand-in.
// Source: repository Azure/azure-sdk-for-net,
// sdk/eventgrid/Microsoft.Azure.WebJobs.Extensions.EventGrid/src,
// TriggerBinding/HttpRequestProcessor.cs and Config/EventGridExtensionConfigProvider.cs.
func (h *Host) serveWebhook(w http.ResponseWriter, r *http.Request) {
	if !h.options.Keys.identify(r, "").mayDeliver() {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	name := parseQuery(r.URL.RawQuery).get("functionName")
	f, ok := h.eventFunction(name)
	if !ok {
		writeText(w, http.StatusNotFound, fmt.Sprintf("cannot find function: '%s'", name))
		return
	}
	if kind := r.Header.Get("Aeg-Event-Type"); r.Method != http.MethodPost || !strings.EqualFold(kind, "Notification") {
		writeText(w, http.StatusNotImplemented, "the Functions host stand-in supports POST with aeg-event-type: Notification, and no handshakes")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, h.bodyLimit)
	h.serveEvents(w, r, f)
}

// serveEvents responds when all invocations have ended. If one failed, Event Grid sends all events
// again.
func (h *Host) serveEvents(w http.ResponseWriter, r *http.Request, f Function) {
	events, err := readEvents(r.Body)
	if err == nil {
		err = h.invokeAll(r, f, events)
	}
	if err == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	status := failureStatus(err)
	h.options.Logger.Error("events failed", "function", f.Name, "status", status, "error", err)
	writeText(w, status, err.Error())
}

// invokeAll runs one invocation per event, concurrently, and returns the first error.
func (h *Host) invokeAll(r *http.Request, f Function, events []json.RawMessage) error {
	failures := make([]error, len(events))
	var all sync.WaitGroup
	for i, event := range events {
		all.Go(func() { _, failures[i] = h.Invoke(r.Context(), f.Name, Event(event)) })
	}
	all.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// readEvents reads an array of events, or a single one.
func readEvents(body io.Reader) (events []json.RawMessage, err error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	var one json.RawMessage
	if err := json.Unmarshal(text, &one); err != nil {
		return nil, fmt.Errorf("the request holds no events: %w", describeJSON(text, err))
	}
	switch one[0] {
	case '[':
		err = json.Unmarshal(one, &events)
		return events, err
	case '{':
		return []json.RawMessage{one}, nil
	}
	return nil, errors.New("the request holds no events: it must be a JSON object or an array of objects")
}

// mayDeliver reports whether a caller has the extension's key, or the master key.
func (c caller) mayDeliver() bool {
	return c.level == LevelAdmin || c.level == levelSystem && strings.EqualFold(c.keyID, webhookKey)
}

// eventFunction returns a function that receives events. Here, unlike elsewhere, case matters.
func (h *Host) eventFunction(name string) (Function, bool) {
	f, ok := h.app.Function(name)
	return f, ok && f.Name == name && f.Trigger.is(eventTriggerType) && !h.env.disables(name)
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // the caller may have gone
}
