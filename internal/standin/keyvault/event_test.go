package keyvault_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/keyvault"
)

// listener is a vault without a network, and the events that a subscriber received, for tests
// with a fake clock.
type listener struct {
	*keyvault.Server
	began  time.Time
	events []string // kind, version's number and time since the start
	seen   map[string]int
}

func listenTo(t *testing.T, opts keyvault.Options) *listener {
	t.Helper()
	opts.Tenant = uuid.NewString()
	opts.Check = func(string) (entra.Claims, error) { return entra.Claims{}, nil }
	vaults, err := keyvault.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	h := &listener{Server: vaults, began: time.Now(), seen: map[string]int{}}
	h.Subscribe(func(_ context.Context, e keyvault.Event) {
		if h.seen[e.Version] == 0 {
			h.seen[e.Version] = len(h.seen) + 1
		}
		kind := strings.TrimPrefix(e.Type, "Microsoft.KeyVault.Secret")
		h.events = append(h.events, fmt.Sprintf("%s of %d after %v", kind, h.seen[e.Version], time.Since(h.began)))
	})
	t.Cleanup(func() {
		if err := vaults.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *listener) call(t *testing.T, method, path, body string) {
	t.Helper()
	r := httptest.NewRequest(method, contoso+path+"?api-version=7.6", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer token")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 200 {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
}

// in returns a body with an expiry after this time.
func in(left time.Duration) string {
	return fmt.Sprintf(`{"value":"v","attributes":{"exp":%d}}`, time.Now().Add(left).Unix())
}

// expect lets time pass and compares the events until then.
func (h *listener) expect(t *testing.T, after time.Duration, want ...string) {
	t.Helper()
	<-time.After(after)
	synctest.Wait()
	if diff := cmp.Diff(want, h.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

const day = 24 * time.Hour

func TestEventsOfASecretsLife(t *testing.T) {
	for name, c := range map[string]struct {
		options keyvault.Options
		do      func(t *testing.T, h *listener)
		want    []string
	}{
		"one that expires": {
			do:   func(t *testing.T, h *listener) { h.call(t, "PUT", "/secrets/x", in(40*day)) },
			want: []string{"NewVersionCreated of 1 after 0s", "NearExpiry of 1 after 240h0m0s", "Expired of 1 after 960h0m0s"},
		},
		"one that never expires": {
			do:   func(t *testing.T, h *listener) { h.call(t, "PUT", "/secrets/x", `{"value":"v"}`) },
			want: []string{"NewVersionCreated of 1 after 0s"},
		},
		"one that is disabled and soon expires": {
			do: func(t *testing.T, h *listener) {
				h.call(t, "PUT", "/secrets/x", strings.Replace(in(day), `"exp"`, `"enabled":false,"exp"`, 1))
			},
			want: []string{"NewVersionCreated of 1 after 0s", "NearExpiry of 1 after 0s", "Expired of 1 after 24h0m0s"},
		},
		"one that has expired": {
			do:   func(t *testing.T, h *listener) { h.call(t, "PUT", "/secrets/x", in(-day)) },
			want: []string{"NewVersionCreated of 1 after 0s", "Expired of 1 after 0s"},
		},
		"one that expires in another age": {
			options: keyvault.Options{EventDelay: time.Minute},
			do: func(t *testing.T, h *listener) {
				h.call(t, "PUT", "/secrets/x", `{"value":"v","attributes":{"exp":253402300799}}`)
			},
			want: []string{"NewVersionCreated of 1 after 0s"},
		},
		"a newer version": {
			do: func(t *testing.T, h *listener) {
				h.call(t, "PUT", "/secrets/x", in(40*day))
				h.call(t, "PUT", "/secrets/X", in(60*day))
			},
			want: []string{
				"NewVersionCreated of 1 after 0s", "NewVersionCreated of 2 after 0s", "NearExpiry of 2 after 720h0m0s", "Expired of 2 after 1440h0m0s",
			},
		},
		"a new expiry": {
			do: func(t *testing.T, h *listener) {
				h.call(t, "PUT", "/secrets/x", `{"value":"v"}`)
				h.call(t, "PATCH", "/secrets/x", strings.Replace(in(30*day+time.Hour), `"value":"v",`, "", 1))
				h.call(t, "PATCH", "/secrets/x", strings.Replace(in(30*day+time.Hour), `"value":"v",`, "", 1)) // no change
				h.call(t, "PATCH", "/secrets/x", `{"tags":{"a":"b"}}`)
			},
			want: []string{"NewVersionCreated of 1 after 0s", "NearExpiry of 1 after 1h0m0s", "Expired of 1 after 721h0m0s"},
		},
		"a deleted secret": {
			do: func(t *testing.T, h *listener) {
				h.call(t, "PUT", "/secrets/x", in(40*day))
				h.call(t, "DELETE", "/secrets/x", "")
			},
			want: []string{"NewVersionCreated of 1 after 0s"},
		},
		"a shorter warning that comes late": {
			options: keyvault.Options{NearExpiry: time.Hour, EventDelay: 10 * time.Minute},
			do:      func(t *testing.T, h *listener) { h.call(t, "PUT", "/secrets/x", in(2*time.Hour)) },
			want:    []string{"NewVersionCreated of 1 after 0s", "NearExpiry of 1 after 1h10m0s", "Expired of 1 after 2h10m0s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := listenTo(t, c.options)
				c.do(t, h)
				h.expect(t, 365*day, c.want...)
			})
		})
	}
}

func TestAnOldVersionsExpiryIsNobodysBusiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := listenTo(t, keyvault.Options{})
		var first string
		h.Subscribe(func(_ context.Context, e keyvault.Event) {
			if first == "" {
				first = e.Version
			}
		})
		h.call(t, "PUT", "/secrets/x", `{"value":"v"}`)
		h.expect(t, 0, "NewVersionCreated of 1 after 0s")
		h.call(t, "PUT", "/secrets/x", `{"value":"v"}`)
		h.call(t, "PATCH", "/secrets/x/"+first, strings.Replace(in(day), `"value":"v",`, "", 1))
		h.expect(t, 60*day, "NewVersionCreated of 1 after 0s", "NewVersionCreated of 2 after 0s")
	})
}

func TestNothingIsHeardAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := listenTo(t, keyvault.Options{})
		began, ended := make(chan struct{}), 0
		unsubscribe := h.Subscribe(func(ctx context.Context, _ keyvault.Event) {
			close(began)
			<-ctx.Done() // a delivery that never returns blocks nobody else, and ends
			ended++
		})
		h.call(t, "PUT", "/secrets/x", in(40*day))
		h.call(t, "PUT", "/secrets/y", in(40*day))
		<-began
		unsubscribe()
		if ended != 1 {
			t.Errorf("%d deliveries had ended when unsubscribe returned", ended)
		}
		h.expect(t, 0, "NewVersionCreated of 1 after 0s", "NewVersionCreated of 2 after 0s")
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		h.Subscribe(func(context.Context, keyvault.Event) { t.Error("a subscriber after Close received an event") })
		h.expect(t, 60*day, "NewVersionCreated of 1 after 0s", "NewVersionCreated of 2 after 0s")
	})
}

func TestEventSchemas(t *testing.T) {
	v := start(t, keyvault.Options{})
	received := make(chan keyvault.Event, 1)
	defer v.Subscribe(func(_ context.Context, e keyvault.Event) {
		// The write is stored before its event is sent.
		if got, err := v.try(t.Context(), "GET", "/secrets/NewSecret/"+e.Version, ""); err != nil || got.status != 200 {
			t.Errorf("the event's version: %d, %v", got.status, err)
		}
		received <- e
	})()
	set := v.do(t, "PUT", "/secrets/NewSecret", `{"value":"v","attributes":{"nbf":1559081980}}`).want(t, 200, "")
	e := <-received
	topic := "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.KeyVault/vaults/contoso"
	data := map[string]any{
		"Id": set.body["id"], "VaultName": "contoso", "ObjectType": "Secret", "ObjectName": "NewSecret", "Version": set.version(),
		"NBF": "1559081980", "EXP": nil,
	}
	at := e.Time.Format(time.RFC3339Nano)
	for _, row := range []struct {
		text json.RawMessage
		want map[string]any
	}{
		{e.EventGrid(), map[string]any{
			"id": e.ID, "topic": topic, "subject": "NewSecret", "eventType": "Microsoft.KeyVault.SecretNewVersionCreated", "eventTime": at,
			"dataVersion": "1", "metadataVersion": "1", "data": data,
		}},
		{e.CloudEvent(), map[string]any{
			"id": e.ID, "source": topic, "subject": "NewSecret", "type": "Microsoft.KeyVault.SecretNewVersionCreated", "time": at,
			"specversion": "1.0", "data": data,
		}},
	} {
		var got map[string]any
		if err := json.Unmarshal(row.text, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
	}
}

func TestEachOfManyWritesHasItsEvent(t *testing.T) {
	v := start(t, keyvault.Options{})
	const writes = 40
	received := make(chan string, 3*writes)
	v.Subscribe(func(_ context.Context, e keyvault.Event) { received <- e.Type + e.Version })
	failures := make(chan error, writes)
	for range writes {
		go func() {
			_, err := v.try(t.Context(), "PUT", "/secrets/x", in(day))
			failures <- err
		}()
	}
	for range writes {
		if err := <-failures; err != nil {
			t.Fatal(err)
		}
	}
	latest := v.do(t, "GET", "/secrets/x", "").version()
	seen := map[string]int{}
	for created := 0; created < writes || seen[keyvault.SecretNearExpiry+latest] == 0; {
		event := <-received
		if seen[event]++; strings.HasPrefix(event, keyvault.SecretNewVersionCreated) {
			created++
		}
	}
	for event, times := range seen {
		if times != 1 {
			t.Errorf("%s came %d times", event, times)
		}
	}
}
