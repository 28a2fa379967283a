package functions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/standin/arm"
	"rotunda/internal/wiretest"
)

const azureGroup = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/shop/providers/"

// azureKeys are secrets with keys of Azure's services, some with the tags of Azure's own rotation
// samples.
var azureKeys = []struct {
	name, id, tag, class string
	key, next            string // how the stand-in calls the key and the one to move to; in class C, next is ""
	value                string // KEY stands for the key
}{
	{"sample-storage", "Microsoft.Storage/storageAccounts/shopstore", "key1", "K", "key1", "key2", "KEY"},
	{"storage-connection", "Microsoft.Storage/storageAccounts/shopblobs", "key2", "K", "key2", "key1", "DefaultEndpointsProtocol=https;AccountName=shopblobs;AccountKey=KEY;EndpointSuffix=core.windows.net"},
	{"sample-cosmos", "Microsoft.DocumentDB/databaseAccounts/shopdb", "Primary", "K", "primaryMasterKey", "secondaryMasterKey", "KEY"},
	{"bus", "Microsoft.ServiceBus/namespaces/shopbus/AuthorizationRules/send", "primary", "K", "primaryKey", "secondaryKey", "Endpoint=sb://shopbus.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=KEY"},
	{"hub", "Microsoft.EventHub/namespaces/shophub/authorizationRules/send", "", "K", "secondaryKey", "primaryKey", "KEY"},
	{"registry", "Microsoft.ContainerRegistry/registries/shopimages", "password", "K", "password", "password2", "KEY"},
	{"search-admin", "Microsoft.Search/searchServices/shopsearch", "primary", "K", "primaryKey", "secondaryKey", "KEY"},
	{"openai", "Microsoft.CognitiveServices/accounts/shopai", "key1", "K", "key1", "key2", "KEY"},
	{"signalr", "Microsoft.SignalRService/signalR/shoplive", "primary", "K", "primaryKey", "secondaryKey", "Endpoint=https://shoplive.service.signalr.net;AccessKey=KEY;Version=1.0;"},
	{"config", "Microsoft.AppConfiguration/configurationStores/shopconfig", "primary", "K", "Primary", "Secondary", "KEY"},
	{"topic", "Microsoft.EventGrid/topics/shoptopic", "key1", "K", "key1", "key2", "KEY"},
	{"apim", "Microsoft.ApiManagement/service/shopapi/subscriptions/team", "primary", "K", "primaryKey", "secondaryKey", "KEY"},
	{"mail", "Microsoft.Communication/communicationServices/shopmail", "primary", "K", "primaryKey", "secondaryKey", "endpoint=https://shopmail.communication.azure.com/;accesskey=KEY"},
	{"function", "Microsoft.Web/sites/shopapp", "default", "C", "default", "", "KEY"},
}

// The real handler rotates keys of Azure's services, signed in as its managed identity, and finds
// nothing to do with the same event later.
func TestKeysOfAzureRotate(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	for _, row := range azureKeys {
		if err := app.Azure.AddResource(azureGroup + row.id); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("all", func(t *testing.T) {
		for _, row := range azureKeys {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				id := azureGroup + row.id
				form := func(key string) string { return strings.ReplaceAll(row.value, "KEY", key) }
				held := armKey(t, app.Azure.ARM(), id, row.key)
				setKey(t, app, row.name, form(held), id, row.tag)
				if got := app.Do(t, http.MethodPost, "/secrets/"+row.name+"/rotate?dryRun=true", ""); got.Status != http.StatusOK || !strings.Contains(got.Body, `"ready":true`) {
					t.Fatal(got)
				}
				got := app.Do(t, http.MethodPost, "/secrets/"+row.name+"/rotate?wait=true", "")
				if got.Status != http.StatusOK || !strings.Contains(got.Body, `"state":"retiring"`) || !strings.Contains(got.Body, `"class":"`+row.class+`"`) {
					t.Fatal(got)
				}
				now := latestOf(t, app, row.name)
				next := row.next
				if next == "" {
					next = now.Tags["CredentialId"]
				}
				if want := form(armKey(t, app.Azure.ARM(), id, next)); now.Value != want || now.Value == form(held) {
					t.Errorf("the secret does not hold %s", next)
				}
				if armKey(t, app.Azure.ARM(), id, row.key) != held {
					t.Error("the key that readers had was regenerated")
				}
				if n := app.Azure.ARM().Counts()[id][arm.Regenerate]; n != 1 {
					t.Errorf("%d keys were made", n)
				}
				if got := app.Do(t, http.MethodPost, "/secrets/"+row.name+"/rotation/retire", ""); got.Status != http.StatusOK || !strings.Contains(got.Body, `"state":"closed"`) {
					t.Error(got)
				}
				if row.class == "K" && armKey(t, app.Azure.ARM(), id, row.key) == held {
					t.Error("the old key is still valid")
				}
				mustNotBeIn(t, app.Log.String(), held, armKey(t, app.Azure.ARM(), id, next))
			})
		}
	})
	if keys := app.Azure.ARM().Keys(azureGroup + "Microsoft.Web/sites/shopapp"); len(keys) != 2 { // the master key and the new one
		t.Errorf("the old host key was not deleted: %d keys", len(keys))
	}
}

// setKey sets a secret that holds a key of a resource of Azure's.
func setKey(t *testing.T, app *wiretest.App, name, value, id, credential string) {
	t.Helper()
	tags := map[string]string{"ProviderAddress": id, "ValidityPeriodDays": "60"}
	if credential != "" {
		tags["CredentialId"] = credential
	}
	setTagged(t, app, name, value, tags)
}

type latest struct {
	Value string
	Tags  map[string]string
}

func latestOf(t *testing.T, app *wiretest.App, name string) (found latest) {
	t.Helper()
	got := app.Do(t, http.MethodGet, "/secrets/"+name, "", "Cache-Control: no-cache")
	if err := json.Unmarshal([]byte(got.Body), &found); err != nil || got.Status != http.StatusOK {
		t.Fatal(got, err)
	}
	return found
}

func armKey(t *testing.T, azure *arm.Server, id, name string) string {
	t.Helper()
	for _, key := range azure.Keys(id) {
		if strings.EqualFold(key.Name, name) {
			return key.Value
		}
	}
	t.Fatalf("%s has no key %s", id, name)
	return ""
}

// mustNotBeIn fails without showing a value.
func mustNotBeIn(t *testing.T, log string, values ...string) {
	t.Helper()
	for i, value := range values {
		if strings.Contains(log, value) {
			t.Errorf("the log holds key %d", i)
		}
	}
}

// Whatever fails or gets lost on the way to Azure, one key is made, and it is published.
func TestAKeyIsMadeOnceWhateverFails(t *testing.T) {
	regenerating := func(f arm.Fault) arm.Faults {
		f.Operations, f.Times = []string{arm.Regenerate}, 1
		return arm.Faults{Calls: []arm.Fault{f}}
	}
	for name, row := range map[string]struct {
		faults arm.Faults
		state  string // after the first attempt
		says   string
		orders int64
	}{
		"the answer is lost":            {regenerating(arm.Fault{Kind: arm.DropAfter}), "intent", "", 1},
		"429":                           {regenerating(arm.Fault{Kind: arm.Throttle}), "intent", "asks for a pause of 17s", 1},
		"another operation runs":        {arm.Faults{Busy: 1}, "intent", "busy with another operation", 1},
		"an operation that ends soon":   {arm.Faults{Async: true, Polls: 1}, "retiring", "", 1},
		"the key can't be tried at all": {arm.Faults{Calls: []arm.Fault{{Kind: arm.DropBefore, Operations: []string{arm.Data}}}}, "", "can't reach", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := wiretest.Start(t, wiretest.Options{})
			id := azureGroup + "Microsoft.Storage/storageAccounts/shopstore"
			if err := app.Azure.AddResource(id); err != nil {
				t.Fatal(err)
			}
			setKey(t, app, "key", armKey(t, app.Azure.ARM(), id, "key1"), id, "key1")
			before := armKey(t, app.Azure.ARM(), id, "key2")
			if err := app.Azure.ARM().SetFaults(id, row.faults); err != nil {
				t.Fatal(err)
			}
			got := app.Do(t, http.MethodPost, "/secrets/key/rotate?wait=true", "")
			if !strings.Contains(got.Body, row.says) || row.state != "" && !strings.Contains(got.Body, fmt.Sprintf(`"state":%q`, row.state)) {
				t.Error(got)
			}
			if name == "the answer is lost" { // the list tells that the key was made
				got = app.Do(t, http.MethodPost, "/secrets/key/rotation/resume", "")
				if got.Status != http.StatusOK || latestOf(t, app, "key").Value != armKey(t, app.Azure.ARM(), id, "key2") {
					t.Error(got)
				}
			}
			made := armKey(t, app.Azure.ARM(), id, "key2") != before
			if n := app.Azure.ARM().Counts()[id][arm.Regenerate]; n != row.orders || made && latestOf(t, app, "key").Tags["CredentialId"] != "key2" {
				t.Errorf("%d requests to regenerate; a key was made: %v", n, made)
			}
		})
	}
}

// A secret whose tag names somebody else's key does not rotate: that key would be deleted.
func TestAHostKeyOfSomebodyElseIsNotDeleted(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	id := azureGroup + "Microsoft.Web/sites/shopapp"
	if err := app.Azure.AddResource(id); err != nil {
		t.Fatal(err)
	}
	setKey(t, app, "orders", armKey(t, app.Azure.ARM(), id, "default"), id, "default")
	must(t, app, "/secrets/orders/rotate?wait=true", http.StatusOK, `"state":"retiring"`)
	orders := latestOf(t, app, "orders")
	setKey(t, app, "mine", armKey(t, app.Azure.ARM(), id, "default"), id, "other")
	must(t, app, "/secrets/mine/rotate?wait=true", http.StatusConflict, "names a key that")
	app.Do(t, http.MethodPatch, "/secrets/orders", fmt.Sprintf(`{"tags":{"ProviderAddress":%q,"CredentialId":"default","ValidityPeriodDays":"60"}}`, id))
	must(t, app, "/secrets/orders/rotation/retire", http.StatusConflict, "Set the tag to that, then resume")
	if armKey(t, app.Azure.ARM(), id, orders.Tags["CredentialId"]) != orders.Value {
		t.Error("the key that readers have was deleted")
	}
}
