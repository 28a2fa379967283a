package functions_test

import (
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/wiretest"
)

// Secrets of Azure's own rotation samples rotate with the tags that they have, at the address that
// the samples serve. The samples for Redis and SQL call servers that a test can't give the names
// of Azure: internal/rotators/azurekeys and internal/rotators/sqlserver have tests for them.
func TestSecretsOfAzuresSamplesRotateUnchanged(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	account, database := azureGroup+"Microsoft.Storage/storageAccounts/samplestore", azureGroup+"Microsoft.DocumentDB/databaseAccounts/sampledb"
	for _, id := range []string{account, database} {
		if err := app.Azure.AddResource(id); err != nil {
			t.Fatal(err)
		}
	}
	setKey(t, app, "storageKey", armKey(t, app.Azure.ARM(), account, "key1"), account, "key1")
	setKey(t, app, "cosmosKey", armKey(t, app.Azure.ARM(), database, "primaryMasterKey"), database, "Primary")
	registerPayroll(t, app, nil)
	for name, want := range map[string]string{"storageKey": "key2", "cosmosKey": "secondary", "payroll": ""} {
		before := latestOf(t, app, name)
		got := app.Do(t, http.MethodPost, "/rotate?KeyVaultName=contoso&SecretName="+name+"&wait=true", "")
		if got.Status != http.StatusOK || !strings.Contains(got.Body, `"state":"retiring"`) {
			t.Errorf("%s: %v", name, got)
		}
		now := latestOf(t, app, name)
		if id := now.Tags["CredentialId"]; now.Value == before.Value || id == before.Tags["CredentialId"] || want != "" && id != want {
			t.Errorf("%s: after the rotation, CredentialId is %q", name, id)
		}
		for _, tag := range []string{"ProviderAddress", "ValidityPeriodDays"} {
			if now.Tags[tag] != before.Tags[tag] {
				t.Errorf("%s: %s changed from %q to %q", name, tag, before.Tags[tag], now.Tags[tag])
			}
		}
	}
}
