package azurekeys_test

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
)

func TestPlanSaysWhatIsWrongWithTheTags(t *testing.T) {
	_, r := start(t)
	for name, row := range map[string]struct {
		s    rotation.Subject
		says string
	}{
		"no ARM id":                      {subject("contoso", "key1", "k", rotation.TagRotator, "azurekeys"), "must be the ARM id"},
		"a type without keys":            {subject(resource("Microsoft.Compute/virtualMachines"), "key1", "k"), "Keys of Microsoft.Compute/virtualMachines can't be rotated"},
		"Log Analytics":                  {subject(resource("Microsoft.OperationalInsights/workspaces"), "", "k"), "both keys of a Log Analytics workspace at once"},
		"a static web app":               {subject(resource("Microsoft.Web/staticSites"), "", "k"), "one deployment token"},
		"Machine Learning":               {subject(resource("Microsoft.MachineLearningServices/workspaces"), "", "k"), "no keys of its own"},
		"Data Explorer":                  {subject(resource("Microsoft.Kusto/clusters"), "", "k"), "Azure Data Explorer has no keys"},
		"Databricks":                     {subject(resource("Microsoft.Databricks/workspaces"), "", "k"), "Azure Databricks has no keys"},
		"an IoT hub":                     {subject(resource("Microsoft.Devices/IotHubs"), "", "k"), "writing the whole hub again"},
		"a namespace without its rule":   {subject(resource("Microsoft.ServiceBus/namespaces"), "", "k"), "Add /authorizationRules/"},
		"managed Redis without database": {subject(resource("Microsoft.Cache/redisEnterprise"), "", "k"), "Add /databases/default"},
		"another key":                    {subject(account, "key3", "k"), "it must be one of key1, key2"},
		"Cosmos DB without the tag":      {subject(resource("Microsoft.DocumentDB/databaseAccounts"), "", "k"), "one of primary, secondary, primaryReadonly, secondaryReadonly"},
		"another class":                  {subject(account, "key1", "k", rotation.TagClass, "O"), "The tag RotationClass must be K"},
		"another proof":                  {subject(account, "key1", "k", rotation.TagKeyProof, "no"), "The tag KeyProof must be none"},
		"no value":                       {subject(account, "key1", ""), "The secret's value is empty"},
		"an id with a query":             {subject(account+"?x=y", "key1", "k"), "not a valid ARM id"},
		"an id that climbs":              {subject(strings.Replace(account, "shop", "..", 1), "key1", "k"), "not a valid ARM id"},
		"an id with an escape":           {subject(account+"%2f", "key1", "k"), "not a valid ARM id"},
		"an id of another host":          {subject("//evil.example"+account, "key1", "k"), "must be the ARM id"},
		"an endless id":                  {subject(account+strings.Repeat("o", 4000), "key1", "k"), "not a valid ARM id"},
		"query keys without their name":  {subject(resource("Microsoft.Search/searchServices"), "", "k", rotation.TagClass, "C"), "must be the name of the key that the secret holds"},
		"host keys without their name":   {subject(resource("Microsoft.Web/sites"), "", "k"), "must be the name of the key that the secret holds"},
		"another secret's key":           {subject(resource("Microsoft.Web/sites"), "rotunda-0123456789ab-x", "k"), "was made for another secret"},
		"a name that is none":            {subject(resource("Microsoft.Web/sites"), "../x", "k"), "must be the name of the key that the secret holds"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Plan(row.s)
			rotatortest.WantPermanent(t, err, row.says)
		})
	}
}

// The tags of Azure's own rotation samples mean what they mean there: PowerShell ignores case
// (Azure/KeyVault-Secrets-Rotation-StorageAccount-PowerShell, -Redis-PowerShell and -CosmosDB-PowerShell, run.ps1).
func TestTheTagsOfTheSamplesArePlanned(t *testing.T) {
	_, r := start(t)
	for _, row := range []struct{ name, id, tag, want string }{
		{"the storage sample", account, "key1", "key1"},
		{"the storage sample, with an id in lower case", strings.ToLower(account), "Key2", "key2"},
		{"the Redis sample", resource("Microsoft.Cache/Redis"), "Primary", "primary"},
		{"the Redis sample's other key", resource("Microsoft.Cache/redis"), "secondary", "secondary"},
		{"the Cosmos DB sample", resource("Microsoft.DocumentDB/databaseAccounts"), "Secondary", "secondary"},
		{"a key by Azure's name of the field", resource("Microsoft.DocumentDB/databaseAccounts"), "primaryReadonlyMasterKey", "primaryReadonly"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := subject(row.id, row.tag, "canary-key", rotation.TagValidity, "60")
			plan, err := r.Plan(s)
			rotatortest.Must(t, err)
			if plan.CredentialID != row.want || plan.Class != rotation.DualKey || rotation.Kind(s.Tags) != strings.ToLower(rotation.ResourceType(row.id)) {
				t.Errorf("planned %+v", plan)
			}
			s.CredentialID = row.want
			if again, err := r.Plan(s); err != nil || again.Identity != plan.Identity || again.CredentialID != row.want {
				t.Errorf("by the table's id: %+v, %v", again, err)
			}
		})
	}
}

// The two keys of a pair are one credential, and the pairs of a resource are two.
func TestTheIdentityIsThatOfThePair(t *testing.T) {
	_, r := start(t)
	identities := map[string]bool{}
	for _, tag := range []string{"primary", "Secondary", "primaryReadonly", "secondaryReadonly"} {
		plan, err := r.Plan(subject(resource("Microsoft.DocumentDB/databaseAccounts"), tag, "k"))
		rotatortest.Must(t, err)
		identities[plan.Identity] = true
	}
	if len(identities) != 2 {
		t.Errorf("%v", identities)
	}
}
