package eventgrid

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// pauses are those before each further attempt. The last one repeats until the event's life ends.
var pauses = []time.Duration{
	10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

const life = 24 * time.Hour

// final are the statuses of a webhook after which Event Grid drops an event.
var final = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge}

// deliver sends an event until the webhook accepts it, or it is dropped.
func (s *Subscription) deliver(event json.RawMessage) {
	log := s.options.Logger.With("webhook", s.where, "event", idOf(event))
	for attempt, born := 0, time.Now(); ; attempt++ {
		status, err := s.attempt(event, attempt)
		if err == nil && status >= 200 && status <= 204 || s.ctx.Err() != nil {
			return
		}
		pause := pauses[min(attempt, len(pauses)-1)]
		if slices.Contains(final, status) || time.Since(born)+pause > life {
			log.Error("event dropped", "status", status, "error", err)
			return
		}
		log.Warn("event not delivered", "status", status, "error", err, "next", pause)
		select {
		case <-time.After(pause):
		case <-s.ctx.Done():
			return
		}
	}
}

// attempt returns the webhook's status, or 0 and an error.
func (s *Subscription) attempt(event json.RawMessage, attempt int) (int, error) {
	body := event
	if !s.cloudEvents() {
		body = slices.Concat([]byte("["), event, []byte("]"))
	}
	status, _, _, err := s.send(s.ctx, http.MethodPost, s.header("Notification", attempt), body)
	return status, err
}

func (s *Subscription) header(kind string, attempt int) http.Header {
	header := http.Header{}
	header.Set("aeg-event-type", kind)
	header.Set("aeg-subscription-name", name)
	header.Set("aeg-delivery-count", strconv.Itoa(attempt))
	if s.cloudEvents() {
		header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
		header.Set("aeg-metadata-version", "1.0")
		header.Set("Origin", origin)
		return header
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("aeg-metadata-version", "1")
	header.Set("aeg-data-version", "1")
	return header
}

// idOf returns the event's id, for the log.
func idOf(event json.RawMessage) string {
	var found struct{ ID string }
	_ = json.Unmarshal(event, &found) // without an id, the log has none
	return found.ID
}

// cause returns an error without the URL that net/http puts into it: a query may hold a key.
func cause(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}
