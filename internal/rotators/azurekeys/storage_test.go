package azurekeys_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/azurekeys"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/testserver"
)

// azuriteKey is the key of Azurite's only account, which its documentation publishes
// (Azure/Azurite README.md, "Default Storage Account").
const azuriteKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

// toAzurite sends requests to the account's blob service to Azurite, which takes the account from
// the host.
type toAzurite struct {
	azure   *azure
	azurite *url.URL
	client  *http.Client
}

func (a toAzurite) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "devstoreaccount1.blob.core.windows.net" {
		return a.azure.RoundTrip(r)
	}
	sent := r.Clone(r.Context())
	sent.Host = "devstoreaccount1.blob.localhost:" + a.azurite.Port()
	sent.URL.Host = a.azurite.Host
	return a.client.Transport.RoundTrip(sent)
}

// Microsoft's own emulator accepts what its key signs. What another key signs is no valid header to
// it, where Azure itself says AuthenticationFailed, so that alone proves nothing.
func TestAzuriteAcceptsTheSignatureOfAStorageKey(t *testing.T) {
	azurite := testserver.StartAzurite(t, "../../lease/azurite")
	at, err := url.Parse(azurite.URL)
	rotatortest.Must(t, err)
	id := group + "Microsoft.Storage/storageAccounts/devstoreaccount1"
	a, _ := start(t, id)
	r := azurekeys.New(azurekeys.Config{Credential: credential{}, Transport: &http.Client{Transport: toAzurite{a, at, azurite.Client}}, Cloud: cloud.AzurePublic})
	s := subject(id, "key1", azuriteKey)
	rotatortest.WantVerdict(t, r, s, azuriteKey, rotation.Accepted)
	rotatortest.WantVerdict(t, r, s, a.Keys(id)[0].Value, rotation.Unknown)
}
