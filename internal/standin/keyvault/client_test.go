package keyvault_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/standin/keyvault"
)

// credential issues tokens of the tests' tenant, for the resource that the client requests.
type credential struct{}

func (credential) GetToken(_ context.Context, opts policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if len(opts.Scopes) != 1 || opts.Scopes[0] != keyvault.Resource+"/.default" || opts.TenantID != tenant().Tenant() {
		return azcore.AccessToken{}, fmt.Errorf("requested %q in tenant %q", opts.Scopes, opts.TenantID)
	}
	token, err := tenant().Token(keyvault.Resource)
	return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(time.Hour)}, err
}

func newClient(t *testing.T, v *standin) *azsecrets.Client {
	t.Helper()
	client, err := azsecrets.NewClient(contoso, credential{}, &azsecrets.ClientOptions{
		ClientOptions: policy.ClientOptions{
			Transport: v.client, Retry: policy.RetryOptions{RetryDelay: time.Millisecond, MaxRetryDelay: time.Millisecond},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// try fails the test on an error.
func try[T any](t *testing.T) func(T, error) T {
	return func(answer T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

// TestMicrosoftsClient runs all operations of the Go client library of Key Vault, with its
// default options.
func TestMicrosoftsClient(t *testing.T) {
	v := start(t, keyvault.Options{})
	ctx, client := t.Context(), newClient(t, v)
	v.setFaults(t, keyvault.Faults{EmptyPages: 1})

	set := try[azsecrets.SetSecretResponse](t)(client.SetSecret(ctx, "x", azsecrets.SetSecretParameters{
		Value: to.Ptr("v"), ContentType: to.Ptr("text/plain"), Tags: map[string]*string{"t": to.Ptr("1")},
	}, nil))
	try[azsecrets.UpdateSecretPropertiesResponse](t)(client.UpdateSecretProperties(ctx, "x", "", azsecrets.UpdateSecretPropertiesParameters{
		Tags: map[string]*string{"t": to.Ptr("2")},
	}, nil))
	got := try[azsecrets.GetSecretResponse](t)(client.GetSecret(ctx, "x", "", nil))
	if *got.Value != "v" || *got.Tags["t"] != "2" || got.ID.Version() != set.ID.Version() || *got.ContentType != "text/plain" {
		t.Errorf("got version %s with tags %v", got.ID.Version(), got.Tags)
	}
	blob := try[azsecrets.BackupSecretResponse](t)(client.BackupSecret(ctx, "x", nil))
	for i := range 29 {
		try[azsecrets.SetSecretResponse](t)(client.SetSecret(ctx, fmt.Sprint("x-", i), azsecrets.SetSecretParameters{Value: to.Ptr("")}, nil))
	}
	wantListed(t, client, 30, 1)

	deleted := try[azsecrets.DeleteSecretResponse](t)(client.DeleteSecret(ctx, "x", nil))
	if days := deleted.ScheduledPurgeDate.Sub(*deleted.DeletedDate).Hours() / 24; days != 90 {
		t.Errorf("%v days until the purge", days)
	}
	try[azsecrets.GetDeletedSecretResponse](t)(client.GetDeletedSecret(ctx, "x", nil))
	try[azsecrets.RecoverDeletedSecretResponse](t)(client.RecoverDeletedSecret(ctx, "x", nil))
	try[azsecrets.DeleteSecretResponse](t)(client.DeleteSecret(ctx, "x", nil))
	try[azsecrets.PurgeDeletedSecretResponse](t)(client.PurgeDeletedSecret(ctx, "x", nil))
	restored := try[azsecrets.RestoreSecretResponse](t)(client.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: blob.Value}, nil))
	if restored.ID.Version() != set.ID.Version() {
		t.Errorf("restored version %s, want %s", restored.ID.Version(), set.ID.Version())
	}
	if counts := v.Counts(); counts.Challenges != 1 {
		t.Errorf("%d challenges, want the first call's only", counts.Challenges)
	}
}

func wantListed(t *testing.T, client *azsecrets.Client, secrets, versions int) {
	t.Helper()
	found := 0
	for pager := client.NewListSecretPropertiesPager(nil); pager.More(); {
		page := try[azsecrets.ListSecretPropertiesResponse](t)(pager.NextPage(t.Context()))
		found += len(page.Value)
	}
	if found != secrets {
		t.Errorf("%d secrets are listed, want %d", found, secrets)
	}
	found = 0
	for pager := client.NewListSecretPropertiesVersionsPager("x", nil); pager.More(); {
		page := try[azsecrets.ListSecretPropertiesVersionsResponse](t)(pager.NextPage(t.Context()))
		found += len(page.Value)
	}
	if found != versions {
		t.Errorf("%d versions are listed, want %d", found, versions)
	}
}

func TestMicrosoftsClientSeesFaults(t *testing.T) {
	v := start(t, keyvault.Options{})
	client := newClient(t, v)
	try[azsecrets.SetSecretResponse](t)(client.SetSecret(t.Context(), "x", azsecrets.SetSecretParameters{Value: to.Ptr("v")}, nil))
	v.ResetCounts()
	v.setFaults(t, keyvault.Faults{Calls: []keyvault.Fault{
		{Kind: keyvault.Throttle, Times: 2},
		{Kind: keyvault.Error, Status: http.StatusServiceUnavailable, Times: 1},
	}})
	try[azsecrets.GetSecretResponse](t)(client.GetSecret(t.Context(), "x", "", nil))
	if got := v.Counts().Calls["get"]; got != 4 {
		t.Errorf("%d calls, want the fourth to succeed", got)
	}
	v.setFaults(t, keyvault.Faults{Calls: []keyvault.Fault{{Kind: keyvault.RBAC}}})
	_, err := client.GetSecret(t.Context(), "x", "", nil)
	if refused, ok := errors.AsType[*azcore.ResponseError](err); !ok || refused.StatusCode != 403 || refused.ErrorCode != "Forbidden" {
		t.Errorf("got %v, want an error", err)
	}
}
