package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// invoke posts an invocation as the host does. data is the trigger's, as JSON: an object is sent
// unchanged, a queue's text is encoded twice (internal/standin/host/encode.go).
func (h *handler) invoke(ctx context.Context, function, binding string, data json.RawMessage) (answer, error) {
	body, err := json.Marshal(map[string]any{
		"Data":     map[string]json.RawMessage{binding: data},
		"Metadata": map[string]any{"sys": map[string]any{"MethodName": function, "UtcNow": time.Now().UTC(), "RandGuid": uuid.NewString()}},
	})
	if err != nil {
		return answer{}, err
	}
	return h.send(ctx, http.MethodPost, "/"+function, body)
}

// queued returns a queue message's text as the host puts it into an invocation.
func queued(text string) json.RawMessage {
	for range 2 {
		encoded, _ := json.Marshal(text) // can't fail for a string
		text = string(encoded)
	}
	return json.RawMessage(text)
}

// sweep fires the timer and returns the messages that it puts into the queue.
func (h *handler) sweep(ctx context.Context) ([]string, error) {
	got, err := h.invoke(ctx, "sweep", "tick", json.RawMessage(`{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}`))
	if err != nil {
		return nil, err
	}
	var result struct {
		Outputs struct{ Due []json.RawMessage }
	}
	if err := json.Unmarshal(got.body, &result); err != nil || got.status != http.StatusOK {
		return nil, fmt.Errorf("sweep: %d %s", got.status, got.body)
	}
	messages := make([]string, len(result.Outputs.Due))
	for i, message := range result.Outputs.Due {
		messages[i] = string(message)
	}
	return messages, nil
}

// rotateDue delivers one of sweep's messages.
func (h *handler) rotateDue(ctx context.Context, message string) error {
	got, err := h.invoke(ctx, "rotateduesecret", "due", queued(message))
	if err == nil && got.status != http.StatusOK {
		err = fmt.Errorf("rotateduesecret %s: %d %s", message, got.status, got.body)
	}
	return err
}

// rotate starts a rotation on demand, and waits until the attempt ends.
func (h *handler) rotate(ctx context.Context, name string) (answer, error) {
	return h.send(ctx, http.MethodPost, "/api/secrets/"+name+"/rotate?wait=true", nil)
}

// rotationStatus is what the API returns about a rotation.
type rotationStatus struct {
	State, Class, Reason, Operation string
	Tries                           int
	Exposure                        *int64 `json:"exposureMilliseconds"`
}

// status reads the status of a rotation.
func (h *handler) status(ctx context.Context, name string) (s rotationStatus, text string, err error) {
	got, err := h.send(ctx, http.MethodGet, "/api/secrets/"+name+"/rotation", nil)
	if err == nil && got.status != http.StatusOK {
		err = fmt.Errorf("status of %s: %d %s", name, got.status, got.body)
	}
	if err == nil {
		err = json.Unmarshal(got.body, &s)
	}
	return s, string(got.body), err
}
