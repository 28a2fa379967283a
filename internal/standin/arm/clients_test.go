package arm_test

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/messaging"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/eventgrid/azeventgrid"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerregistry/armcontainerregistry"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/eventhub/armeventhub"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"rotunda/internal/standin"
)

const (
	subscription = "00000000-0000-4000-8000-0000000005b5"
	group        = "rotunda"
)

func (c *cloud) armOptions() *arm.ClientOptions {
	return &arm.ClientOptions{ClientOptions: c.options(), DisableRPRegistration: true}
}

func TestGoClientsOfStorage(t *testing.T) {
	c := start(t, standin.Options{})
	accounts, err := armstorage.NewAccountsClient(subscription, c, c.armOptions())
	if err != nil {
		t.Fatal(err)
	}
	listed, err := accounts.ListKeys(t.Context(), group, "ContosoStore", nil)
	if err != nil {
		t.Fatal(err)
	}
	old := *listed.Keys[1].Value
	if err := readBlobs(t, c, old); err != nil {
		t.Errorf("the second key was refused: %v", err)
	}
	regenerated, err := accounts.RegenerateKey(t.Context(), group, "contosostore", armstorage.AccountRegenerateKeyParameters{KeyName: to.Ptr("key2")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if *regenerated.Keys[0].Value != *listed.Keys[0].Value || *regenerated.Keys[1].Value == old || *regenerated.Keys[1].KeyName != "key2" {
		t.Error("regenerating key2 did not replace key2 and nothing else")
	}
	if err := readBlobs(t, c, *regenerated.Keys[1].Value); err != nil {
		t.Errorf("the new key was refused: %v", err)
	}
	if err := readBlobs(t, c, old); !bloberror.HasCode(err, bloberror.AuthenticationFailed) {
		t.Errorf("the replaced key: %v, want AuthenticationFailed", err)
	}
}

// readBlobs reads the properties of the account with a key, and lists its containers.
func readBlobs(t *testing.T, c *cloud, key string) error {
	t.Helper()
	credential, err := azblob.NewSharedKeyCredential("contosostore", key)
	if err != nil {
		t.Fatal(err)
	}
	client, err := service.NewClientWithSharedKeyCredential("https://contosostore.blob.core.windows.net/", credential, &service.ClientOptions{ClientOptions: c.options()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetProperties(t.Context(), nil); err != nil {
		return err
	}
	_, err = client.NewListContainersPager(&service.ListContainersOptions{Prefix: to.Ptr("a b/ü")}).NextPage(t.Context())
	return err
}

func TestGoClientsOfEventHubsAndServiceBus(t *testing.T) {
	c := start(t, standin.Options{})
	namespaces, err := armeventhub.NewNamespacesClient(subscription, c, c.armOptions())
	if err != nil {
		t.Fatal(err)
	}
	before, err := namespaces.ListKeys(t.Context(), group, "contosoevents", "RootManageSharedAccessKey", nil)
	if err != nil {
		t.Fatal(err)
	}
	after, err := namespaces.RegenerateKeys(t.Context(), group, "contosoevents", "RootManageSharedAccessKey", armeventhub.RegenerateAccessKeyParameters{KeyType: to.Ptr(armeventhub.KeyTypePrimaryKey)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if *after.PrimaryKey == *before.PrimaryKey || *after.SecondaryKey != *before.SecondaryKey {
		t.Error("regenerating the primary key did not replace it and nothing else")
	}
	// The administration of Service Bus speaks the same protocol at the namespace of Event Hubs.
	for name, row := range map[string]struct {
		connection string
		accepted   bool
	}{
		"the new primary key":   {*after.PrimaryConnectionString, true},
		"the secondary key":     {*after.SecondaryConnectionString, true},
		"the replaced key":      {*before.PrimaryConnectionString, false},
		"another rule's name":   {replaceOnce(*after.PrimaryConnectionString, "RootManage", "OtherManage"), false},
		"another namespace key": {replaceOnce(*after.PrimaryConnectionString, "contosoevents", "contosobus"), false},
	} {
		client, err := admin.NewClientFromConnectionString(row.connection, &admin.ClientOptions{ClientOptions: c.options()})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.GetNamespaceProperties(t.Context(), nil)
		if (err == nil) != row.accepted {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGoClientsOfContainerRegistry(t *testing.T) {
	c := start(t, standin.Options{})
	registries, err := armcontainerregistry.NewRegistriesClient(subscription, c, c.armOptions())
	if err != nil {
		t.Fatal(err)
	}
	before, err := registries.ListCredentials(t.Context(), group, "contosoregistry", nil)
	if err != nil {
		t.Fatal(err)
	}
	after, err := registries.RegenerateCredential(t.Context(), group, "contosoregistry", armcontainerregistry.RegenerateCredentialParameters{Name: to.Ptr(armcontainerregistry.PasswordNamePassword)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if *after.Passwords[0].Value == *before.Passwords[0].Value || *after.Passwords[1].Value != *before.Passwords[1].Value {
		t.Error("regenerating the first password did not replace it and nothing else")
	}
}

func TestGoClientOfEventGrid(t *testing.T) {
	c := start(t, standin.Options{})
	event, err := messaging.NewCloudEvent("source", "type", "data", nil)
	if err != nil {
		t.Fatal(err)
	}
	for key, accepted := range map[string]bool{c.keys("eventGridTopic")["key2"]: true, "bm90IGEga2V5": false} {
		client, err := azeventgrid.NewClientWithSharedKeyCredential("https://contosotopic.westeurope-1.eventgrid.azure.net/api/events", azcore.NewKeyCredential(key), &azeventgrid.ClientOptions{ClientOptions: c.options()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = client.PublishCloudEvents(t.Context(), []messaging.CloudEvent{event}, nil); (err == nil) != accepted {
			t.Errorf("accepted should be %v: %v", accepted, err)
		}
	}
}
