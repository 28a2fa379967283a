package eventgrid

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
)

const (
	handshakeTries = 3
	handshakePause = 5 * time.Second
	answerTimeout  = 30 * time.Second // of handshakes and of deliveries
)

// origin is the sender's name in the handshake of CloudEvents.
const origin = "eventgrid.azure.net"

// handshake asks the webhook whether it wants the events. A webhook that does not respond is asked
// again.
func (s *Subscription) handshake(ctx context.Context) error {
	ask := s.validate
	if s.cloudEvents() {
		ask = s.askPermission
	}
	for try := 1; ; try++ {
		err := ask(ctx)
		if _, unreachable := errors.AsType[*unreachableError](err); !unreachable || try == handshakeTries {
			return err
		}
		select {
		case <-time.After(handshakePause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// unreachableError means that there was no response.
type unreachableError struct {
	where string
	cause error
}

func (e *unreachableError) Error() string {
	return fmt.Sprintf("the webhook %s does not respond to the handshake (%v): start it first", e.where, e.cause)
}

func (e *unreachableError) Unwrap() error { return e.cause }

// validate sends a code, which the webhook must return.
func (s *Subscription) validate(ctx context.Context) error {
	code := uuid.NewString()
	body, _ := json.Marshal([]map[string]any{{ // only text, which can be encoded
		"id": uuid.NewString(), "topic": s.options.Topic, "subject": "",
		"data":      map[string]string{"validationCode": code},
		"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "eventTime": time.Now().UTC(),
		"metadataVersion": "1", "dataVersion": "1",
	}})
	header := s.header("SubscriptionValidation", 0)
	status, _, text, err := s.send(ctx, http.MethodPost, header, body)
	if err != nil {
		return &unreachableError{s.where, err}
	}
	var answer struct{ ValidationResponse string }
	if status != http.StatusOK || json.Unmarshal(text, &answer) != nil || answer.ValidationResponse != code {
		return fmt.Errorf("the webhook %s returned %d to the handshake, without the code: for an event of type "+
			"Microsoft.EventGrid.SubscriptionValidationEvent return 200 with {\"validationResponse\": data.validationCode}", s.where, status)
	}
	return nil
}

// askPermission makes the handshake of CloudEvents.
func (s *Subscription) askPermission(ctx context.Context) error {
	status, header, _, err := s.send(ctx, http.MethodOptions, http.Header{"Webhook-Request-Origin": {origin}}, nil)
	if err != nil {
		return &unreachableError{s.where, err}
	}
	if allowed := header.Get("WebHook-Allowed-Origin"); allowed != "*" && allowed != origin {
		return fmt.Errorf("the webhook %s returned %d to the handshake, and does not allow %s: return the header WebHook-Allowed-Origin to OPTIONS", s.where, status, origin)
	}
	return nil
}

// send sends a request, and returns the response's status, header and the beginning of its body.
// Its errors don't hold the URL's query.
func (s *Subscription) send(ctx context.Context, method string, header http.Header, body []byte) (int, http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.options.URL, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	request.Header = header
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, nil, cause(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, response.Header, text, cause(err)
}
