package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

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
