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
	// ErrEmptyInvocationResponse is given when the handler answered an invocation with success and nothing, or null. The
	// real host would hang until functionTimeout and then restart the handler.
	ErrEmptyInvocationResponse = errors.New("the handler answered an invocation with nothing: Azure's host would hang until functionTimeout; answer at least {}")
	// ErrUnsuccessfulStatus is given when the handler answered an invocation with a status other than 2xx.
	ErrUnsuccessfulStatus = errors.New("the handler answered an invocation with a status that is no success")
	// ErrUnsupportedMediaType is given when the handler's answer to an invocation is not declared to be JSON.
	ErrUnsupportedMediaType = errors.New("the handler's answer to an invocation has the wrong Content-Type: application/json is needed")
	// ErrMalformedInvocationResponse is given when the handler's answer is no JSON object of the right shape.
	ErrMalformedInvocationResponse = errors.New("the handler's answer to an invocation is not a JSON object with Outputs, Logs and ReturnValue")
)

// Result is what a function gave back.
type Result struct {
	// Outputs are the values of output bindings, by the binding's name, but for HTTP ones. A string that happens to be valid
	// base64 is []byte, as the real host takes it, unless the binding's dataType is binary.
	Outputs map[string]any
	// ReturnValue is the value for the binding $return.
	ReturnValue any
	// Logs are the lines that the handler wants in the function's log.
	Logs []string
}

// Invoke posts an invocation to the handler, as the host does for every trigger but plain HTTP, and maps its answer.
// An error means that the invocation failed; what the real host does then depends on the trigger.
// Messages for queue outputs are kept, see Queued.
func (h *Host) Invoke(ctx context.Context, function string, trigger Trigger) (Result, error) {
	f, ok := h.app.Function(function)
	if !ok {
		return Result{}, fmt.Errorf("%w: %q; the app at %s has no such folder with a function.json, or it was rejected", ErrUnknownFunction, function, h.app.Root)
	}
	data := map[string]any{f.Trigger.Name: trigger.Data}
	for name, value := range trigger.Inputs {
		data[name] = value
	}
	answer, err := h.invoke(ctx, f, uuid.NewString(), data, trigger.Metadata)
	if err != nil {
		return Result{}, fmt.Errorf("function %s failed: %w", f.Name, err)
	}
	return answer.result(f), nil
}

// invoke runs one invocation and keeps its queue messages.
func (h *Host) invoke(ctx context.Context, f Function, id string, data, metadata map[string]any) (answer answer, err error) {
	payload, err := invocationPayload(f, data, metadata)
	if err != nil {
		return answer, err
	}
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
	return answer, h.collect(f, answer)
}

// invocationPayload is the body of an invocation. Source: Workers/Http/HttpScriptInvocationContext.cs.
func invocationPayload(f Function, data, metadata map[string]any) ([]byte, error) {
	encodedData, err := encodeAll(data)
	if err != nil {
		return nil, err
	}
	encodedMetadata, err := encodeMetadata(metadata)
	if err != nil {
		return nil, err
	}
	encodedMetadata["sys"], err = marshal(systemData{f.Name, time.Now().UTC(), uuid.NewString()})
	if err != nil {
		return nil, err
	}
	return marshal(struct{ Data, Metadata map[string]json.RawMessage }{encodedData, encodedMetadata})
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
	response, err := h.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	content, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return answer{}, err
	}
	return readAnswer(response, content)
}

// answer is the handler's answer to an invocation. Names match in any case.
type answer struct {
	Outputs     map[string]any
	Logs        []string
	ReturnValue any
}

// readAnswer applies the rules for answers. Source: Workers/Http/DefaultHttpWorkerService.cs (ProcessDefaultInvocationRequest).
func readAnswer(response *http.Response, content []byte) (answer, error) {
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return answer{}, fmt.Errorf("%w: %s; 200 is needed, and 500 to fail", ErrUnsuccessfulStatus, response.Status)
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
