package eventgrid_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/standin/eventgrid"
)

// webhook plays the receiver in the process, so that time can be the test's.
type webhook struct {
	mu       sync.Mutex
	consents func(r *http.Request, code string) (status int, body string, header http.Header) // nil consents
	statuses []int                                                                            // of deliveries, in turn; then 202
	down     int                                                                              // so many requests fail
	received []delivery
	tries    int
}

type delivery struct {
	after  time.Duration
	header http.Header
	body   string
}

const secretQuery = "code=canary-key"

func (w *webhook) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tries++
	if w.down > 0 {
		w.down--
		return nil, errors.New("connection refused")
	}
	text, _ := io.ReadAll(r.Body)
	if r.Method == http.MethodOptions || r.Header.Get("Aeg-Event-Type") == "SubscriptionValidation" {
		return w.consent(r, text), nil
	}
	w.received = append(w.received, delivery{time.Since(epoch), r.Header, string(text)})
	status := http.StatusAccepted
	if len(w.statuses) > 0 {
		status, w.statuses = w.statuses[0], w.statuses[1:]
	}
	return respond(status, "", nil), nil
}

func (w *webhook) consent(r *http.Request, text []byte) *http.Response {
	var events []struct {
		EventType, Topic string
		Data             struct{ ValidationCode string }
	}
	_ = json.Unmarshal(text, &events)
	code := ""
	if len(events) == 1 && events[0].EventType == "Microsoft.EventGrid.SubscriptionValidationEvent" {
		code = events[0].Data.ValidationCode
	}
	if w.consents != nil {
		return respond(w.consents(r, code))
	}
	return respond(200, `{"validationResponse":"`+code+`"}`, http.Header{"Webhook-Allowed-Origin": {r.Header.Get("WebHook-Request-Origin")}})
}

func respond(status int, body string, header http.Header) *http.Response {
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

var epoch time.Time

// inBubble runs a test on synthetic time.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		epoch = time.Now()
		test(t)
	})
}

func options(w *webhook, schema string, log io.Writer) eventgrid.Options {
	return eventgrid.Options{URL: "http://hook.test/in?" + secretQuery, Schema: schema, Transport: w, Logger: slog.New(slog.NewTextHandler(log, nil))}
}

func subscribe(t *testing.T, w *webhook, schema string, log io.Writer) *eventgrid.Subscription {
	t.Helper()
	s, err := eventgrid.Subscribe(t.Context(), options(w, schema, log))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestEventsArriveAsEventGridSendsThem(t *testing.T) {
	for schema, want := range map[string]struct{ kind, body, version string }{
		"":                          {"application/json; charset=utf-8", `[{"id":"1"}]`, "1"},
		eventgrid.SchemaEventGrid:   {"application/json; charset=utf-8", `[{"id":"1"}]`, "1"},
		eventgrid.SchemaCloudEvents: {"application/cloudevents+json; charset=utf-8", `{"id":"1"}`, ""},
	} {
		t.Run(cmp.Or(schema, "default"), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := &webhook{}
				subscribe(t, w, schema, io.Discard).Deliver(json.RawMessage(`{"id":"1"}`))
				synctest.Wait()
				if len(w.received) != 1 {
					t.Fatalf("received %+v", w.received)
				}
				got := w.received[0]
				if got.body != want.body || got.header.Get("Content-Type") != want.kind || got.header.Get("Aeg-Data-Version") != want.version ||
					got.header.Get("Aeg-Event-Type") != "Notification" || got.header.Get("Aeg-Delivery-Count") != "0" || got.header.Get("Aeg-Subscription-Name") != "LOCAL" {
					t.Errorf("received %+v", got)
				}
			})
		})
	}
}

func TestAWebhookThatDoesNotConsentGetsNoEvents(t *testing.T) {
	for name, row := range map[string]struct {
		schema   string
		consents func(*http.Request, string) (int, string, http.Header)
		says     string
	}{
		"202, which Event Grid does not accept": {"", func(_ *http.Request, code string) (int, string, http.Header) {
			return 202, `{"validationResponse":"` + code + `"}`, nil
		}, "returned 202"},
		"another code": {"", func(*http.Request, string) (int, string, http.Header) { return 200, `{"validationResponse":"x"}`, nil }, "without the code"},
		"no JSON":      {"", func(*http.Request, string) (int, string, http.Header) { return 200, `OK`, nil }, "validationResponse"},
		"a redirect": {"", func(*http.Request, string) (int, string, http.Header) {
			return 307, ``, http.Header{"Location": {"http://elsewhere.test/"}}
		}, "returned 307"},
		"no permission": {eventgrid.SchemaCloudEvents, func(*http.Request, string) (int, string, http.Header) { return 200, ``, nil }, "WebHook-Allowed-Origin"},
		"another origin": {eventgrid.SchemaCloudEvents, func(*http.Request, string) (int, string, http.Header) {
			return 200, ``, http.Header{"Webhook-Allowed-Origin": {"example.com"}}
		}, "does not allow eventgrid.azure.net"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &webhook{consents: row.consents}
			_, err := eventgrid.Subscribe(t.Context(), options(w, row.schema, io.Discard))
			if err == nil || !strings.Contains(err.Error(), row.says) || strings.Contains(err.Error(), "canary") || w.tries != 1 {
				t.Errorf("%v after %d tries, want %q after one", err, w.tries, row.says)
			}
		})
	}
}

func TestAnyOriginMayBeAllowed(t *testing.T) {
	w := &webhook{consents: func(*http.Request, string) (int, string, http.Header) {
		return 405, "", http.Header{"Webhook-Allowed-Origin": {"*"}} // the status does not count
	}}
	subscribe(t, w, eventgrid.SchemaCloudEvents, io.Discard)
}

func TestTheHandshakeWaitsForAWebhookThatStarts(t *testing.T) {
	for down, want := range map[int]string{2: "", 3: "start it first"} {
		inBubble(t, func(t *testing.T) {
			w := &webhook{down: down}
			s, err := eventgrid.Subscribe(t.Context(), options(w, "", io.Discard))
			if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary")) {
				t.Errorf("down for %d requests: %v", down, err)
			}
			if took := time.Since(epoch); took != 10*time.Second || w.tries != 3 {
				t.Errorf("%d tries in %v", w.tries, took)
			}
			if s != nil {
				_ = s.Close()
			}
		})
	}
}

func TestFailedDeliveriesAreRepeated(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var log bytes.Buffer
		w := &webhook{statuses: []int{500, 404, 205}}
		s := subscribe(t, w, "", &log)
		s.Deliver(json.RawMessage(`{"id":"event-1"}`))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		var after []time.Duration
		for i, each := range w.received {
			after = append(after, each.after)
			if want := string(rune('0' + i)); each.header.Get("Aeg-Delivery-Count") != want {
				t.Errorf("delivery %d has the count %s", i, each.header.Get("Aeg-Delivery-Count"))
			}
		}
		if len(after) != 4 || after[1] != 10*time.Second || after[2] != 40*time.Second || after[3] != 100*time.Second {
			t.Errorf("attempts after %v", after)
		}
		_ = s.Close()
		if text := log.String(); !strings.Contains(text, "event-1") || !strings.Contains(text, "status=404") || !strings.Contains(text, "http://hook.test/in") || strings.Contains(text, "canary") {
			t.Errorf("the log has\n%s", text)
		}
	})
}

func TestEventsThatCantBeDeliveredAreDropped(t *testing.T) {
	for name, row := range map[string]struct {
		statuses []int
		tries    int
	}{
		"a bad request":       {[]int{400}, 1},
		"not authorized":      {[]int{401}, 1},
		"forbidden":           {[]int{403}, 1},
		"too large":           {[]int{413}, 1},
		"unwell for 24 hours": {[]int{500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500}, 11},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var log bytes.Buffer
				w := &webhook{statuses: row.statuses}
				s := subscribe(t, w, "", &log)
				s.Deliver(json.RawMessage(`{"id":"1"}`))
				time.Sleep(48 * time.Hour)
				_ = s.Close()
				if len(w.received) != row.tries || strings.Count(log.String(), "event dropped") != 1 {
					t.Errorf("%d attempts, want %d\n%s", len(w.received), row.tries, log.String())
				}
			})
		})
	}
}

func TestCloseEndsDeliveries(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := &webhook{statuses: []int{500}}
		s := subscribe(t, w, "", io.Discard)
		s.Deliver(json.RawMessage(`{}`))
		synctest.Wait()
		_ = s.Close()
		s.Deliver(json.RawMessage(`{}`)) // too late
		synctest.Wait()
		if len(w.received) != 1 {
			t.Errorf("%d attempts, want one", len(w.received))
		}
	})
}

func TestOptionsThatAreWrong(t *testing.T) {
	for _, wrong := range []eventgrid.Options{{}, {URL: "hook"}, {URL: "ftp://hook.test"}, {URL: "http://"}, {URL: "http://hook.test", Schema: "custom"}} {
		if _, err := eventgrid.Subscribe(t.Context(), wrong); err == nil {
			t.Errorf("%+v: no error", wrong)
		}
	}
}
