package chaos_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

func isNotFound(err error) bool {
	refused, ok := errors.AsType[*azcore.ResponseError](err)
	return ok && refused.StatusCode == http.StatusNotFound
}

// versions returns the ids of all versions of a secret, in any order.
func (v vault) versions(ctx context.Context, name string) (ids []string, tags string, err error) {
	pages := v.NewListSecretPropertiesVersionsPager(name, nil)
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if isNotFound(err) {
			return nil, "", nil
		}
		if err != nil {
			return nil, "", err
		}
		for _, entry := range page.Value {
			ids = append(ids, entry.ID.Version())
			for name := range entry.Tags {
				tags += name + "=" + tag(entry.Tags, name) + "\n"
			}
		}
	}
	return ids, tags, nil
}

// everyValue returns the values of all versions, including those that rotation has disabled, at
// the end of a run.
func (v vault) everyValue(t *testing.T, name string) (values []string, tags string) {
	t.Helper()
	ids, tags, err := v.versions(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		enable := azsecrets.UpdateSecretPropertiesParameters{SecretAttributes: &azsecrets.SecretAttributes{Enabled: new(true)}}
		if _, err := v.UpdateSecretProperties(t.Context(), name, id, enable, nil); err != nil {
			t.Fatal(err)
		}
		got, err := v.GetSecret(t.Context(), name, id, nil)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, *got.Value)
	}
	return values, tags
}
