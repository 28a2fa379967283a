package standin_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/standin"
	"rotunda/internal/standin/host"
	"rotunda/internal/standin/keyvault"
)

// event holds the fields of both schemas.
type event struct {
	Type, EventType string
	Data            struct{ ObjectName, VaultName string }
}

func TestSubscribersHearOfTheVaultsSecrets(t *testing.T) {
	azure := startWith(t, standin.Options{NearExpiry: time.Hour})
	received := make(chan event, 10)
	hear := func(_ context.Context, text json.RawMessage) {
		var e event
		if err := json.Unmarshal(text, &e); err != nil {
			t.Error(err)
		}
		received <- e
	}
	unsubscribe := azure.Subscribe(nil, hear)
	setExpiring(t, azure, 30*time.Minute)
	for _, want := range []string{keyvault.SecretNewVersionCreated, keyvault.SecretNearExpiry} {
		if e := <-received; e.EventType != want || e.Data.ObjectName != "db" || e.Data.VaultName != "contoso" {
			t.Errorf("received %+v, want %s of db", e, want)
		}
	}
	unsubscribe()
	azure.Subscribe(keyvault.Event.CloudEvent, hear)
	setExpiring(t, azure, 2*time.Hour)
	if e := <-received; e.Type != keyvault.SecretNewVersionCreated || e.EventType != "" {
		t.Errorf("received %+v, want a CloudEvent", e)
	}
	if len(received) > 0 {
		t.Errorf("received %+v too", <-received)
	}
}

// Event Grid can put events into one of the app's queues.
func TestEventsCanGoToAQueue(t *testing.T) {
	azure := startWith(t, standin.Options{})
	queues, put := host.NewQueues(), make(chan error, 1)
	azure.Subscribe(nil, func(_ context.Context, text json.RawMessage) { put <- queues.PutEvent("events", text) })
	setExpiring(t, azure, 60*24*time.Hour)
	if err := <-put; err != nil || len(queues.Texts("events")) != 1 {
		t.Errorf("the queue holds %q (%v)", queues.Texts("events"), err)
	}
}

func setExpiring(t *testing.T, azure *standin.Azure, left time.Duration) {
	t.Helper()
	value, expires := "s3cr3t", time.Now().Add(left)
	_, err := newClient(t, azure, "contoso").SetSecret(t.Context(), "db", azsecrets.SetSecretParameters{
		Value: &value, SecretAttributes: &azsecrets.SecretAttributes{Expires: &expires},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}
