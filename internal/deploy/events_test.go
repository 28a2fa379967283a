package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/deploy/bicep"
	"rotunda/internal/hostjson"
	"rotunda/internal/standin/keyvault"
)

// binding is what the test reads of a function.json.
type binding struct{ Type, QueueName, Connection string }

func bindings(t *testing.T) (all []binding) {
	t.Helper()
	files, err := filepath.Glob(root + "/functions/*/function.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d definitions, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var definition struct{ Bindings []binding }
		if err := json.Unmarshal(hostjson.Standard(text), &definition); err != nil {
			t.Fatal(err)
		}
		all = append(all, definition.Bindings...)
	}
	return all
}

func TestEveryQueueOfAFunctionIsMade(t *testing.T) {
	want := map[string]bool{}
	for _, b := range bindings(t) {
		if b.QueueName == "" {
			continue
		}
		if b.Connection != "AzureWebJobsStorage" {
			t.Errorf("%s is at %s, of which a deployment sets nothing", b.QueueName, b.Connection)
		}
		want[b.QueueName], want[b.QueueName+"-poison"] = true, true
	}
	for name, params := range scenarios {
		d, found := deploy(t, params), map[string]bool{}
		for _, queue := range made(d, "Microsoft.Storage/storageAccounts/queueServices/queues") {
			found[last(queue.Name)] = true
			if !strings.HasPrefix(queue.Name, "sthost") {
				t.Errorf("%s: %s is not in the host's account", name, queue.Name)
			}
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("%s: queues (-functions +made):\n%s", name, diff)
		}
	}
}

// existing evaluates what the hook deploys for an existing vault.
func existing(t *testing.T, more map[string]any) bicep.Deployment {
	t.Helper()
	given := map[string]any{"vaultName": "contoso", "vaultLocation": "northeurope", "principalId": "app", "appResourceGroup": "rg-dev", "hostStorageName": "sthost"}
	maps.Copy(given, more)
	d, err := bicep.Deploy(root+"/infra/existing-vault.bicep", given)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheVaultsEventsReachTheQueue(t *testing.T) {
	for name, row := range map[string]struct {
		d            bicep.Deployment
		subscription string
		topics       int
	}{
		"a new vault":                        {deploy(t, nil), "evgst-abcdefghijklm/rotunda", 1},
		"an existing vault":                  {existing(t, nil), "evgst-contoso/rotunda-sthost", 1},
		"a vault that has its topic already": {existing(t, map[string]any{"existingTopicName": "theirs"}), "theirs/rotunda-sthost", 0},
		"a second app at a vault":            {existing(t, map[string]any{"hostStorageName": "sthost2"}), "evgst-contoso/rotunda-sthost2", 1},
	} {
		s := one(t, row.d, "Microsoft.EventGrid/systemTopics/eventSubscriptions")
		if s.Name != row.subscription {
			t.Errorf("%s: the subscription is %s", name, s.Name)
		}
		queue := at(s, "properties", "deliveryWithResourceIdentity", "destination", "properties", "queueName")
		if !slices.Contains(bindings(t), binding{"queueTrigger", fmt.Sprint(queue), "AzureWebJobsStorage"}) {
			t.Errorf("%s: no function listens to %v", name, queue)
		}
		want := []any{keyvault.SecretNewVersionCreated, keyvault.SecretNearExpiry, keyvault.SecretExpired}
		if diff := cmp.Diff(want, at(s, "properties", "filter", "includedEventTypes")); diff != "" {
			t.Errorf("%s: events %s", name, diff)
		}
		topics := made(row.d, "Microsoft.EventGrid/systemTopics")
		if len(topics) != row.topics {
			t.Errorf("%s: %d topics", name, len(topics))
		}
		for _, topic := range topics {
			if at(topic, "identity", "type") != "SystemAssigned" || at(topic, "properties", "topicType") != "Microsoft.KeyVault.vaults" {
				t.Errorf("%s: the topic is %v", name, topic.Body)
			}
		}
	}
}
