package azurekeys_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/azurekeys"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/arm"
)

// services are the pairs of keys of each service. The key that the secret holds comes
// first.
var services = []struct {
	name, resource string
	tag, other     string // the tag CredentialId, and the id of the other key
	first, second  string // how the stand-in calls both
	connection     string // the secret's value, with KEY in place of the key; "" for the key alone
	tried          bool   // whether the key is tried where it is used
}{
	{name: "a storage account's key", resource: "Microsoft.Storage/storageAccounts", tag: "key1", other: "key2", first: "key1", second: "key2", tried: true},
	{
		name: "a storage account's connection string", resource: "Microsoft.Storage/storageAccounts", tag: "key2", other: "key1", first: "key2", second: "key1", tried: true,
		connection: "DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=KEY;EndpointSuffix=core.windows.net",
	},
	{name: "a Cosmos DB key, tagged as in Azure's sample", resource: "Microsoft.DocumentDB/databaseAccounts", tag: "Primary", other: "secondary", first: "primaryMasterKey", second: "secondaryMasterKey", tried: true},
	{
		name: "a Cosmos DB connection string", resource: "Microsoft.DocumentDB/databaseAccounts", tag: "secondary", other: "primary", first: "secondaryMasterKey", second: "primaryMasterKey", tried: true,
		connection: "AccountEndpoint=https://contoso.documents.azure.com:443/;AccountKey=KEY;",
	},
	{name: "a read-only Cosmos DB key", resource: "Microsoft.DocumentDB/databaseAccounts", tag: "primaryReadonly", other: "secondaryReadonly", first: "primaryReadonlyMasterKey", second: "secondaryReadonlyMasterKey", tried: true},
	{
		name: "a Service Bus namespace's connection string", resource: "Microsoft.ServiceBus/namespaces/AuthorizationRules", tag: "PrimaryKey", other: "secondary", first: "primaryKey", second: "secondaryKey", tried: true,
		connection: "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=contoso-1;SharedAccessKey=KEY",
	},
	{
		name: "a queue's connection string", resource: "Microsoft.ServiceBus/namespaces/queues/authorizationRules", tag: "primary", other: "secondary", first: "primaryKey", second: "secondaryKey", tried: true,
		connection: "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=contoso-1-1;SharedAccessKey=KEY;EntityPath=contoso-1",
	},
	{name: "an Event Hubs namespace's key", resource: "Microsoft.EventHub/namespaces/authorizationRules", tag: "key1", other: "secondary", first: "primaryKey", second: "secondaryKey", tried: true},
	{name: "an event hub's key", resource: "Microsoft.EventHub/namespaces/eventhubs/authorizationRules", tag: "secondary", other: "primary", first: "secondaryKey", second: "primaryKey", tried: true},
	{name: "a Relay key", resource: "Microsoft.Relay/namespaces/authorizationRules", tag: "primary", other: "secondary", first: "primaryKey", second: "secondaryKey", tried: true},
	{
		name: "a hybrid connection's connection string", resource: "Microsoft.Relay/namespaces/hybridConnections/authorizationRules", tag: "secondary", other: "primary", first: "secondaryKey", second: "primaryKey", tried: true,
		connection: "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=contoso-1-1;SharedAccessKey=KEY;EntityPath=contoso-1",
	},
	{name: "a notification hub's key", resource: "Microsoft.NotificationHubs/namespaces/notificationHubs/authorizationRules", tag: "primary", other: "secondary", first: "primaryKey", second: "secondaryKey", tried: true},
	{name: "a Notification Hubs namespace's key", resource: "Microsoft.NotificationHubs/namespaces/AuthorizationRules", tag: "primary", other: "secondary", first: "primaryKey", second: "secondaryKey", tried: true},
	{name: "a registry's password", resource: "Microsoft.ContainerRegistry/registries", tag: "password2", other: "password", first: "password2", second: "password", tried: true},
	{name: "an AI Search admin key", resource: "Microsoft.Search/searchServices", tag: "primary", other: "secondary", first: "primaryKey", second: "secondaryKey", tried: true},
	{name: "an OpenAI key", resource: "Microsoft.CognitiveServices/accounts", tag: "Key1", other: "key2", first: "key1", second: "key2", tried: true},
	{
		name: "a SignalR connection string", resource: "Microsoft.SignalRService/signalR", tag: "primary", other: "secondary", first: "primaryKey", second: "secondaryKey", tried: true,
		connection: "Endpoint=https://contoso.service.signalr.net;AccessKey=KEY;Version=1.0;",
	},
	{
		name: "a Web PubSub connection string", resource: "Microsoft.SignalRService/webPubSub", tag: "secondary", other: "primary", first: "secondaryKey", second: "primaryKey", tried: true,
		connection: "Endpoint=https://contoso.webpubsub.azure.com;AccessKey=KEY;Version=1.0;",
	},
	{name: "an Azure Maps key", resource: "Microsoft.Maps/accounts", tag: "primary", other: "secondary", first: "primaryKey", second: "secondaryKey", tried: true},
	{name: "an App Configuration key", resource: "Microsoft.AppConfiguration/configurationStores", tag: "Primary", other: "secondary", first: "Primary", second: "Secondary", tried: true},
	{name: "a read-only App Configuration key", resource: "Microsoft.AppConfiguration/configurationStores", tag: "Secondary Read Only", other: "primaryReadonly", first: "Secondary Read Only", second: "Primary Read Only", tried: true},
	{name: "a Batch key", resource: "Microsoft.Batch/batchAccounts", tag: "primary", other: "secondary", first: "primary", second: "secondary", tried: true},
	{name: "an Event Grid topic's key", resource: "Microsoft.EventGrid/topics", tag: "key1", other: "key2", first: "key1", second: "key2", tried: true},
	{name: "an Event Grid domain's key", resource: "Microsoft.EventGrid/domains", tag: "key2", other: "key1", first: "key2", second: "key1", tried: true},
	{name: "an API Management subscription's key", resource: "Microsoft.ApiManagement/service/subscriptions", tag: "primary", other: "secondary", first: "primaryKey", second: "secondaryKey"},
	{
		name: "a Communication Services connection string", resource: "Microsoft.Communication/communicationServices", tag: "primary", other: "secondary", first: "primaryKey", second: "secondaryKey", tried: true,
		connection: "endpoint=https://contoso.communication.azure.com/;accesskey=KEY",
	},
}

// Each service's other key is regenerated, and where it is used the new one works and the old one
// does not.
func TestEachServiceRegeneratesTheOtherKey(t *testing.T) {
	for _, row := range services {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // some services take seconds
				id := resource(row.resource)
				a, r := start(t, id)
				form := func(key string) string { return strings.ReplaceAll(orKey(row.connection), "KEY", key) }
				held := a.key(t, id, row.first)
				s := subject(id, row.tag, form(held))
				plan, err := r.Plan(s)
				rotatortest.Must(t, err)
				if plan.Class != rotation.DualKey || !strings.HasPrefix(plan.Identity, strings.ToLower(id)) {
					t.Errorf("planned %+v", plan)
				}
				if onlyListed := strings.Contains(strings.Join(plan.Warnings, " "), "only proof"); onlyListed == row.tried {
					t.Errorf("tried: %v, warnings %q", row.tried, plan.Warnings)
				}
				if warnings, err := r.Check(t.Context(), s); err != nil || len(warnings) > 0 {
					t.Errorf("checked: %q, %v", warnings, err)
				}
				before := keys(t, r, s)
				if len(before) != 2 || before[plan.CredentialID].Reveal() != form(held) {
					t.Fatalf("%s of %d keys is not the secret's value", plan.CredentialID, len(before))
				}
				old := before[row.other]
				rotatortest.WantVerdict(t, r, s, old.Reveal(), rotation.Accepted)
				rotatortest.Must(t, r.Regenerate(t.Context(), s, row.other, rotatortest.Unfenced))
				after := keys(t, r, s)
				if after[row.other].Equal(old) || after[row.other].Reveal() != form(a.key(t, id, row.second)) || !after[plan.CredentialID].Equal(s.Current) {
					t.Error("another key was regenerated, or none")
				}
				rotatortest.WantVerdict(t, r, s, after[row.other].Reveal(), rotation.Accepted)
				rotatortest.WantVerdict(t, r, s, form(held), rotation.Accepted)
				if tried := a.Counts()[id][arm.Data] > 0; tried != row.tried {
					t.Errorf("tried: %v", tried)
				}
				verdict, err := r.Probe(t.Context(), s, old)
				if verdict == rotation.Accepted || verdict == rotation.Unknown && err == nil {
					t.Errorf("the old key: %v, %v", verdict, err)
				}
				_ = rotatortest.Fault(t, err)
				if n := a.orders(id); n != 1 {
					t.Errorf("%d keys were regenerated", n)
				}
			})
		})
	}
}

func orKey(connection string) string {
	if connection == "" {
		return "KEY"
	}
	return connection
}

// The value tells which key it is, where the tag does not.
func TestWithoutTheTagBothKeysAreListed(t *testing.T) {
	a, r := start(t, account)
	s := subject(account, "", a.key(t, account, "key2"))
	plan, err := r.Plan(s)
	rotatortest.Must(t, err)
	with, err := r.Plan(subject(account, "key1", "x"))
	rotatortest.Must(t, err)
	if found := keys(t, r, s); plan.CredentialID != "" || len(found) != 2 || !found["key2"].Equal(s.Current) || plan.Identity != with.Identity {
		t.Errorf("planned %+v", plan)
	}
}

// A connection string of App Configuration holds the id of its key, which may change with it.
func TestAConnectionStringOfAppConfigurationGetsTheNewID(t *testing.T) {
	id := resource("Microsoft.AppConfiguration/configurationStores")
	a, r := start(t, id)
	rotatortest.Must(t, a.SetFaults(id, arm.Faults{NewIDs: true}))
	connection := func(name string) string {
		for _, key := range a.Keys(id) {
			if key.Name == name {
				return "Endpoint=https://contoso.azconfig.io;Id=" + key.ID + ";Secret=" + key.Value
			}
		}
		return ""
	}
	s, before := subject(id, "primary", connection("Primary")), connection("Secondary")
	if got := keys(t, r, s)["secondary"].Reveal(); got != before {
		t.Error("the other key's connection string is not Azure's")
	}
	rotatortest.Must(t, r.Regenerate(t.Context(), s, "secondary", rotatortest.Unfenced))
	got := keys(t, r, s)["secondary"].Reveal()
	if got != connection("Secondary") || got == before || idIn(got) == idIn(before) {
		t.Error("the connection string has the old key or id")
	}
	rotatortest.WantVerdict(t, r, s, got, rotation.Accepted)
	if !r.Same(s, secret.NewValue(got), secret.NewValue(a.key(t, id, "Secondary"))) {
		t.Error("a connection string and its key are not the same credential")
	}
}

func idIn(connection string) string {
	_, after, _ := strings.Cut(connection, ";Id=")
	id, _, _ := strings.Cut(after, ";")
	return id
}

// What is asked of Azure is asked of Azure Resource Manager in the app's own cloud.
func TestTheCloudSaysWhereAzureIs(t *testing.T) {
	for host, in := range clouds {
		a, _ := start(t, account)
		r := a.rotator(in)
		if got := r.Server(account); got != "https://"+host || !rotation.Hosts(got).Include(got) || r.Server("postgres://db") != "" {
			t.Errorf("%s: %s", host, got)
		}
		s := subject(account, "key1", a.key(t, account, "key1"))
		keys(t, r, s)
		a.before = func(q *http.Request) error {
			if !strings.HasPrefix(q.URL.Host, "management.") {
				a.before = nil
				return errLost
			}
			return nil
		}
		if verdict, err := r.Probe(t.Context(), s, s.Current); verdict != rotation.Unknown || !strings.Contains(err.Error(), dataHosts[host]) {
			t.Errorf("%s: %v, %v", host, verdict, err)
		}
		if a.seen[0].URL.Host != host {
			t.Errorf("%s: asked %s", host, a.seen[0].URL.Host)
		}
	}
}

// Every type of resource in the table is in the description, once.
func TestEveryTypeIsDescribedOnce(t *testing.T) {
	d, seen := (&azurekeys.Rotator{}).Describe(), map[string]bool{}
	for _, kind := range append(d.Resources, d.Refused...) {
		if seen[strings.ToLower(kind)] || strings.Count(kind, "/") == 0 {
			t.Errorf("%s", kind)
		}
		seen[strings.ToLower(kind)] = true
	}
	for _, row := range services {
		if !seen[strings.ToLower(row.resource)] {
			t.Errorf("%s is not described", row.resource)
		}
	}
}
