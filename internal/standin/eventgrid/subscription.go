package eventgrid

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
)

// The schemas of events.
const (
	SchemaEventGrid   = "eventgrid"
	SchemaCloudEvents = "cloudevents"
)

// name is the subscription's. Event Grid sends names in upper case.
const name = "LOCAL"

// Options say where events go. URL is required.
type Options struct {
	URL       string            // of the webhook, http or https; it may have a query
	Schema    string            // SchemaEventGrid, which is the default, or SchemaCloudEvents
	Topic     string            // what the handshake's event names as its source
	Transport http.RoundTripper // nil is http.DefaultTransport
	Logger    *slog.Logger      // receives a line for each failed attempt, without the URL's query; nil discards it
}

// Check returns an error if URL or Schema is not valid.
func (o Options) Check() error {
	at, err := url.Parse(o.URL)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return errors.New("it must be an http or https URL with a host, such as http://127.0.0.1:8099/events") // a mistyped one may hold a key, too
	}
	if o.Schema != "" && o.Schema != SchemaEventGrid && o.Schema != SchemaCloudEvents {
		return fmt.Errorf("the schema of events is %q; use %s or %s", o.Schema, SchemaEventGrid, SchemaCloudEvents)
	}
	return nil
}

// Where returns a webhook's URL without user, query and fragment, which may hold a key.
func Where(webhook string) string {
	at, err := url.Parse(webhook)
	if err != nil {
		return "" // Check refuses it
	}
	return at.Scheme + "://" + at.Host + at.Path
}

// Subscription delivers events to a webhook. Close ends it.
type Subscription struct {
	options Options
	where   string // what messages name
	client  *http.Client
	ctx     context.Context // ends with Close
	end     context.CancelFunc

	mu         sync.Mutex
	closed     bool
	deliveries sync.WaitGroup
}

// Subscribe makes the handshake with the webhook. It fails unless the webhook consents.
func Subscribe(ctx context.Context, options Options) (*Subscription, error) {
	if err := options.Check(); err != nil {
		return nil, err
	}
	s := newSubscription(options)
	if err := s.handshake(ctx); err != nil {
		s.end()
		return nil, err
	}
	return s, nil
}

func newSubscription(options Options) *Subscription {
	options.Schema = cmp.Or(options.Schema, SchemaEventGrid)
	options.Logger = cmp.Or(options.Logger, slog.New(slog.DiscardHandler))
	s := &Subscription{options: options, where: Where(options.URL)}
	s.client = &http.Client{
		Transport:     options.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a 3xx is a failure
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// Deliver sends an event, in the subscription's schema, until the webhook accepts it. It does not
// wait. As with Event Grid, events may arrive in any order, and more than once.
func (s *Subscription) Deliver(event json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.deliveries.Go(func() { s.deliver(event) })
	}
}

// Close stops all deliveries, and waits until they have stopped. The error is always nil.
func (s *Subscription) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.deliveries.Wait()
	s.client.CloseIdleConnections()
	return nil
}

func (s *Subscription) cloudEvents() bool { return s.options.Schema == SchemaCloudEvents }
