package chaos_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"rotunda/internal/wiretest"
)

const deliveries = 100

// TestAHundredDeliveriesOfAnEventAreOneRotation delivers an event concurrently through Event
// Grid's function and the queue's, to two handlers, and then repeats that.
func TestAHundredDeliveriesOfAnEventAreOneRotation(t *testing.T) {
	t.Parallel()
	azure := wiretest.StartAzure(t, wiretest.Options{})
	v := openVault(t, azure)
	fleets, _ := redisFleets(t, v)
	f := fleets[1]
	env := settings(azure, t.TempDir())
	handlers := []*handler{startHandler(t, env), startHandler(t, env)}
	name := f.names[0]
	expiring := expireSoon(t, v, name)
	event := nearExpiry(t, name, expiring.id)
	for round := range 2 {
		var group sync.WaitGroup
		for i := range deliveries {
			group.Go(func() { deliver(t, handlers[i%2], event, i%4 < 2) })
		}
		group.Wait()
		live, _, err := v.versions(t.Context(), name)
		records, _, err2 := v.versions(t.Context(), name+"--pending")
		if err != nil || err2 != nil || len(live) != 3 || len(records) != 1 {
			t.Errorf("round %d: %d versions, with two before, and %d records: %v %v", round, len(live), len(records), err, err2)
		}
	}
	now, err := v.latest(t.Context(), name)
	if err != nil || now.id == expiring.id || now.operation == "" {
		t.Fatalf("the latest version is %s of operation %q: %v", now.id, now.operation, err)
	}
	for _, value := range []string{expiring.value, now.value} { // the old one is in its grace period
		if _, err := f.login(t.Context(), value); err != nil {
			t.Error(err)
		}
	}
}

// expireSoon adds a version that expires tomorrow.
func expireSoon(t *testing.T, v vault, name string) version {
	t.Helper()
	got, err := v.GetSecret(t.Context(), name, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{}
	for tag, text := range got.Tags {
		tags[tag] = *text
	}
	v.set(t, name, *got.Value, tags, new(time.Now().Add(24*time.Hour)))
	latest, err := v.latest(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return latest
}

// nearExpiry returns the event that Key Vault sends.
func nearExpiry(t *testing.T, name, version string) json.RawMessage {
	t.Helper()
	event, err := json.Marshal(map[string]any{
		"id": "e1", "topic": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/" + wiretest.Vault, "subject": name,
		"eventType": "Microsoft.KeyVault.SecretNearExpiry", "eventTime": time.Now().UTC(), "dataVersion": "1",
		"data": map[string]any{
			"Id": "https://" + wiretest.Vault + ".vault.azure.net/secrets/" + name + "/" + version, "VaultName": wiretest.Vault,
			"ObjectType": "Secret", "ObjectName": name, "Version": version, "NBF": nil, "EXP": time.Now().Add(24 * time.Hour).Unix(),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// deliver sends an event to a handler, repeatedly until it is accepted, as the host does.
func deliver(t *testing.T, h *handler, event json.RawMessage, byQueue bool) {
	function, data := "onvaultevent", event
	if byQueue {
		function, data = "onvaultmessage", queued(string(event))
	}
	for every(t.Context(), time.Millisecond) {
		got, err := h.invoke(t.Context(), function, "event", data)
		var result struct{ Logs []string }
		switch {
		case err != nil:
			t.Error(err)
			return
		case got.status != http.StatusOK:
			continue
		case json.Unmarshal(got.body, &result) != nil || fmt.Sprint(result.Logs) == "[]":
			t.Errorf("%s: %s", function, got.body)
		}
		return
	}
}
