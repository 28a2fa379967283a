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

// serveEvents answers when all invocations have ended; one that failed makes Event Grid send them all again.
func (h *Host) serveEvents(w http.ResponseWriter, r *http.Request, f Function) {
	events, err := readEvents(r.Body)
	if err == nil {
		err = h.invokeAll(r, f, triggers(f, events))
	}
	if err == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	status := http.StatusInternalServerError
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		status = http.StatusRequestEntityTooLarge
	}
	h.options.Logger.Error("events failed", "function", f.Name, "status", status, "error", err)
	answerText(w, status, err.Error())
}

// invokeAll runs the invocations side by side and gives the first one's error that failed.
func (h *Host) invokeAll(r *http.Request, f Function, triggers []Trigger) error {
	failures := make([]error, len(triggers))
	var all sync.WaitGroup
	for i, trigger := range triggers {
		all.Go(func() { _, failures[i] = h.Invoke(r.Context(), f.Name, trigger) })
	}
	all.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// triggers are one per event, or one for all of them where the function takes many.
func triggers(f Function, events []json.RawMessage) (made []Trigger) {
	for _, event := range events {
		made = append(made, Event(event))
	}
	if !strings.EqualFold(f.Trigger.Cardinality, "many") {
		return made
	}
	var data []any
	for _, one := range made {
		data = append(data, one.Metadata["data"])
	}
	return []Trigger{{Data: events, Metadata: map[string]any{"data": data}}}
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
	return nil, errors.New("the request holds no events: it must be a JSON object or an array of them")
}
