package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// EventGrid plays Event Grid's side of a subscription with a webhook: it delivers at least once, and again after a failure.
// Source: learn.microsoft.com, "Event Grid message delivery and retry".
type EventGrid struct {
	// URL is the webhook's, with functionName and code.
	URL string
	// Delays are the pauses before each further try; nil takes Event Grid's, which go on for most of a day.
	Delays []time.Duration
	// Copies is how many times each event is delivered, all at once; 0 is 1.
	Copies int
	// Client sends; nil takes http.DefaultClient.
	Client *http.Client
}

// DefaultDelays are Event Grid's own, up to the end of an event's life of 24 hours.
var DefaultDelays = []time.Duration{
	10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

const answerPatience = 30 * time.Second

// errNotRetried is a failure of a kind that Event Grid takes for final.
var errNotRetried = errors.New("it is not tried again")

// finalStatuses are those after which a webhook gets no other try.
var finalStatuses = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge}

// Deliver delivers one event, in Event Grid's schema or as a CloudEvent, and returns when it was taken, each copy of it, or
// given up.
func (g EventGrid) Deliver(ctx context.Context, event json.RawMessage) error {
	failures := make([]error, max(g.Copies, 1))
	var all sync.WaitGroup
	for i := range failures {
		all.Go(func() { failures[i] = g.deliver(ctx, event) })
	}
	all.Wait()
	return errors.Join(failures...)
}

func (g EventGrid) deliver(ctx context.Context, event json.RawMessage) error {
	delays := g.Delays
	if delays == nil {
		delays = DefaultDelays
	}
	for tried := 0; ; tried++ {
		err := g.try(ctx, event, tried)
		if err == nil || errors.Is(err, errNotRetried) {
			return err
		}
		if tried == len(delays) {
			return fmt.Errorf("event not delivered after %d tries: %w", tried+1, err)
		}
		if !sleepUntil(ctx, time.Now().Add(delays[tried])) {
			return errors.Join(ctx.Err(), err)
		}
	}
}

// try sends the event once; tried is how often it was sent before.
func (g EventGrid) try(ctx context.Context, event json.RawMessage, tried int) error {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	request, err := g.request(ctx, event, tried)
	if err != nil {
		return err
	}
	client := g.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10)) // for the error alone
	return judge(response.StatusCode, said)
}

func judge(status int, said []byte) error {
	switch {
	case status >= http.StatusOK && status <= http.StatusNoContent:
		return nil
	case slices.Contains(finalStatuses, status):
		return fmt.Errorf("event refused with status %d: %w", status, errNotRetried)
	default:
		return fmt.Errorf("the webhook answered %d: %q", status, said)
	}
}

// request is an array of one event, or one CloudEvent.
func (g EventGrid) request(ctx context.Context, event json.RawMessage, tried int) (*http.Request, error) {
	var fields struct{ SpecVersion string }
	if err := json.Unmarshal(event, &fields); err != nil {
		return nil, fmt.Errorf("event can't be delivered: %w: %w", err, errNotRetried)
	}
	body, kind := slices.Concat([]byte("["), event, []byte("]")), jsonType
	if fields.SpecVersion != "" {
		body, kind = event, "application/cloudevents+json; charset=utf-8"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, errNotRetried)
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set(eventTypeHeader, "Notification")
	request.Header.Set("Aeg-Delivery-Count", strconv.Itoa(tried))
	return request, nil
}
