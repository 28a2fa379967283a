package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/standin/host"
)

// webhook answers with one status after the other, the last one for ever, and keeps what it was sent, and when.
type webhook struct {
	statuses []int

	mu   sync.Mutex
	sent []string
	at   []time.Time
}

func (w *webhook) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	status := w.statuses[min(len(w.sent), len(w.statuses)-1)]
	w.sent = append(w.sent, r.Header.Get("Aeg-Event-Type")+" "+r.Header.Get("Aeg-Delivery-Count")+" "+r.Header.Get("Content-Type")+" "+string(body))
	w.at = append(w.at, time.Now())
	if status == 0 {
		return nil, errors.New("connection refused")
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("sorry")), Header: http.Header{}}, nil
}

func TestEventGridTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hook := &webhook{statuses: []int{500, 0, 404, 205, 204}}
		began := time.Now()
		check(t, host.EventGrid{URL: "http://app/", Client: &http.Client{Transport: hook}}.Deliver(t.Context(), json.RawMessage(`{"id":"1"}`)))
		var pauses []time.Duration
		for _, at := range hook.at {
			pauses = append(pauses, at.Sub(began))
		}
		equal(t, "tries", fmt.Sprint(pauses), "[0s 10s 40s 1m40s 6m40s]")
		equal(t, "first", hook.sent[0], `Notification 0 application/json; charset=utf-8 [{"id":"1"}]`)
		equal(t, "second", hook.sent[1], `Notification 1 application/json; charset=utf-8 [{"id":"1"}]`)
	})
}

func TestEventGridGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for status, tries := range map[int]int{400: 1, 401: 1, 403: 1, 413: 1, 500: 11, 503: 11} {
			hook := &webhook{statuses: []int{status}}
			began := time.Now()
			err := host.EventGrid{URL: "http://app/", Client: &http.Client{Transport: hook}}.Deliver(t.Context(), json.RawMessage(`{}`))
			if err == nil || !strings.Contains(err.Error(), fmt.Sprint(status)) {
				t.Errorf("%d: %v", status, err)
			}
			equal(t, fmt.Sprint("tries with ", status), len(hook.sent), tries)
			if took := time.Since(began); took > 24*time.Hour {
				t.Errorf("%d: an event lived for %v", status, took)
			}
		}
	})
}

func TestEventGridStopsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		hook := &webhook{statuses: []int{500}}
		err := host.EventGrid{URL: "http://app/", Client: &http.Client{Transport: hook}}.Deliver(ctx, json.RawMessage(`{}`))
		if !errors.Is(err, context.DeadlineExceeded) || len(hook.sent) != 3 {
			t.Errorf("after %d tries: %v", len(hook.sent), err)
		}
	})
}

func TestCopiesOfACloudEventReachAFunction(t *testing.T) {
	gate, env := newGate(t)
	r := start(t, onEvent, host.Options{}, env)
	gate.next(t)
	event := `{"specversion":"1.0","id":"1","data":{}}`
	delivered := make(chan error, 1)
	go func() {
		delivered <- host.EventGrid{URL: r.url + hook, Copies: 3, Delays: []time.Duration{}}.Deliver(t.Context(), json.RawMessage(event))
	}()
	for range 3 {
		equal(t, "event", gate.next(t), event+" {}")
	}
	check(t, await(t, "the delivery", delivered))
}
