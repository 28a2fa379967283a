package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/google/uuid"
)

var (
	// ErrEmptyInvocationResponse is returned when the handler's response to an invocation is a
	// success with no content, or null. The real host hangs until functionTimeout, and then
	// restarts the handler.
	ErrEmptyInvocationResponse = errors.New("the handler's response to an invocation is empty: the host in Azure would hang until functionTimeout; return at least {}")
	// ErrUnsuccessfulStatus is returned when the handler's response to an invocation has a status
	// other than 2xx.
	ErrUnsuccessfulStatus = errors.New("the handler's response to an invocation has an unsuccessful status")
	// ErrUnsupportedMediaType is returned when the handler's response to an invocation is not
	// declared to be JSON.
	ErrUnsupportedMediaType = errors.New("the handler's response to an invocation has the wrong Content-Type: it must be application/json")
	// ErrMalformedInvocationResponse is returned when the handler's response is not a JSON object
	// of the right form.
	ErrMalformedInvocationResponse = errors.New("the handler's response to an invocation is not a JSON object with Outputs and Logs")
)

// Result is what a function returned.
type Result struct {
	// Logs are the lines that the handler adds to the function's log.
	Logs []string
}

// Invoke posts an invocation to the handler, as the host does for every trigger except HTTP, and
// reads its response. An error means that the invocation failed; what the real host does then
// depends on the trigger. Queue outputs are put into their queues, see Queued.
func (h *Host) Invoke(ctx context.Context, function string, trigger Trigger) (Result, error) {
	f, ok := h.app.Function(function)
	if !ok {
		return Result{}, fmt.Errorf("%w: %q; the app at %s has no such folder with a function.json, or the function was skipped", ErrUnknownFunction, function, h.app.Root)
	}
	answer, err := h.invoke(ctx, f, trigger)
	if err != nil {
		return Result{}, fmt.Errorf("function %s failed: %w", f.Name, err)
	}
	return Result{answer.Logs}, nil
}

func (h *Host) invoke(ctx context.Context, f Function, trigger Trigger) (answer answer, err error) {
	payload, err := invocationPayload(f, trigger)
	if err != nil {
		return answer, err
	}
	id := uuid.NewString()
	err = h.withHandler(context.WithoutCancel(ctx), func(ctx context.Context) error {
		answer, err = h.post(ctx, f, id, payload)
		return err
	})
	if err != nil {
		return answer, err
	}
	for _, line := range answer.Logs {
		h.options.Logger.Info(line, "function", f.Name, "invocation", id)
	}
	return answer, h.enqueueOutputs(f, answer)
}

// invocationPayload returns the body of an invocation.
// Source: Workers/Http/HttpScriptInvocationContext.cs.
func invocationPayload(f Function, trigger Trigger) ([]byte, error) {
	data, err := encodeValue(trigger.Data)
	if err != nil {
		return nil, fmt.Errorf("%q can't be written as JSON: %w", f.Trigger.Name, err)
	}
	metadata, err := encodeMetadata(trigger.Metadata)
	if err != nil {
		return nil, err
	}
	metadata["sys"], err = marshal(systemData{f.Name, time.Now().UTC(), uuid.NewString()})
	if err != nil {
		return nil, err
	}
	return marshal(struct{ Data, Metadata map[string]json.RawMessage }{map[string]json.RawMessage{f.Trigger.Name: data}, metadata})
}

// post sends the invocation. The path is the function's name as its folder spells it.
func (h *Host) post(ctx context.Context, f Function, id string, payload []byte) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+h.address+"/"+f.Name, bytes.NewReader(payload))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", jsonType)
	request.Header.Set(versionHeader, Version)
	request.Header.Set(invocationHeader, id)
	request.Header.Set("User-Agent", userAgent)
	response, err := h.transport.RoundTrip(request) // which does not follow redirects
	if err != nil {
		return answer{}, err
	}
	content, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return answer{}, err
	}
	return readAnswer(response, content)
}

// answer is the handler's response to an invocation. Names match in any case.
type answer struct {
	Outputs map[string]any
	Logs    []string
}

// readAnswer applies the rules for responses.
// Source: Workers/Http/DefaultHttpWorkerService.cs (ProcessDefaultInvocationRequest).
func readAnswer(response *http.Response, content []byte) (answer, error) {
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return answer{}, fmt.Errorf("%w: %s; return 200, or 500 to fail", ErrUnsuccessfulStatus, response.Status)
	}
	if len(content) == 0 {
		return answer{}, ErrEmptyInvocationResponse
	}
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" && kind != "text/json" {
		return answer{}, fmt.Errorf("%w; it was %q", ErrUnsupportedMediaType, response.Header.Get("Content-Type"))
	}
	if bytes.Equal(bytes.TrimSpace(content), []byte("null")) {
		return answer{}, ErrEmptyInvocationResponse
	}
	var parsed answer
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if err := decoder.Decode(&parsed); err != nil {
		return answer{}, fmt.Errorf("%w: %w", ErrMalformedInvocationResponse, describeJSON(content, err))
	}
	return parsed, nil
}
