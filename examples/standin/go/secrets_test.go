// Package secrets_test shows a test of a program that uses Key Vault. It needs the vault, and the
// settings that lead to it:
//
//	go run ./local -only vault    # in one shell; it prints the name of a file, vault.env
//	. /tmp/rotunda-…/vault.env    # in another
//	go test ./examples/standin/go
package secrets_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

// newVault returns a client for a vault that no other test uses: each name is a vault, empty at
// first.
func newVault(t *testing.T) *azsecrets.Client {
	t.Helper()
	if os.Getenv("KEY_VAULT_URL") == "" {
		t.Skip("skipped: start `go run ./local -only vault`, and read its vault.env")
	}
	credential, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		t.Fatal(err)
	}
	client, err := azsecrets.NewClient("https://t"+rand.Text()[:20]+".vault.azure.net", credential, nil)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestTheLatestVersionIsRead(t *testing.T) {
	client := newVault(t)
	for _, value := range []string{"first", "second"} {
		if _, err := client.SetSecret(t.Context(), "db", azsecrets.SetSecretParameters{Value: &value}, nil); err != nil {
			t.Fatal(err)
		}
	}
	found, err := client.GetSecret(t.Context(), "db", "", nil)
	if err != nil || *found.Value != "second" {
		t.Errorf("found %v (%v)", found.Value, err)
	}
}

func TestASecretThatIsNotThere(t *testing.T) {
	_, err := newVault(t).GetSecret(t.Context(), "db", "", nil)
	var refused *azcore.ResponseError
	if !errors.As(err, &refused) || refused.StatusCode != http.StatusNotFound || refused.ErrorCode != "SecretNotFound" {
		t.Errorf("got %v", err)
	}
}
