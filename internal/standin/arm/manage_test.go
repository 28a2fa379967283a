package arm_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/standin"
	"rotunda/internal/standin/arm"
	"rotunda/internal/standin/entra"
)

// regeneration is how a service's key is listed and regenerated, as the specifications write it.
type regeneration struct{ version, list, path, body, key string }

var regenerations = map[string]regeneration{
	"storage":          {"2023-05-01", "listKeys", "regenerateKey", `{"keyName":"key2"}`, "key2"},
	"cosmos":           {"2024-11-15", "listKeys", "regenerateKey", `{"keyKind":"secondaryReadonly"}`, "secondaryReadonlyMasterKey"},
	"serviceBus":       {"2024-01-01", "listKeys", "regenerateKeys", `{"keyType":"SecondaryKey"}`, "secondaryKey"},
	"eventHubs":        {"2024-01-01", "listKeys", "regenerateKeys", `{"keyType":"PrimaryKey"}`, "primaryKey"},
	"relay":            {"2021-11-01", "listKeys", "regenerateKeys", `{"keyType":"SecondaryKey"}`, "secondaryKey"},
	"notificationHubs": {"2023-09-01", "listKeys", "regenerateKeys", `{"policyKey":"SecondaryKey"}`, "secondaryKey"},
	"redis":            {"2024-11-01", "listKeys", "regenerateKey", `{"keyType":"Secondary"}`, "secondaryKey"},
	"managedRedis":     {"2025-04-01", "listKeys", "regenerateKey", `{"keyType":"Secondary"}`, "secondaryKey"},
	"registry":         {"2025-11-01", "listCredentials", "regenerateCredential", `{"name":"password2"}`, "password2"},
	"search":           {"2025-05-01", "listAdminKeys", "regenerateAdminKey/secondary", "", "secondaryKey"},
	"cognitive":        {"2024-10-01", "listKeys", "regenerateKey", `{"keyName":"Key2"}`, "key2"},
	"signalR":          {"2024-03-01", "listKeys", "regenerateKey", `{"keyType":"Secondary"}`, "secondaryKey"},
	"webPubSub":        {"2024-03-01", "listKeys", "regenerateKey", `{"keyType":"Primary"}`, "primaryKey"},
	"maps":             {"2023-06-01", "listKeys", "regenerateKey", `{"keyType":"secondary"}`, "secondaryKey"},
	"batch":            {"2024-07-01", "listKeys", "regenerateKeys", `{"keyName":"Secondary"}`, "secondary"},
	"eventGridTopic":   {"2025-02-15", "listKeys", "regenerateKey", `{"keyName":"key2"}`, "key2"},
	"eventGridDomain":  {"2025-02-15", "listKeys", "regenerateKey", `{"keyName":"key1"}`, "key1"},
	"apiManagement":    {"2024-05-01", "listSecrets", "regenerateSecondaryKey", "", "secondaryKey"},
	"functions":        {"2024-04-01", "host/default/listkeys", "", "", ""}, // see TestFunctionKeys
	"communication":    {"2023-04-01", "listKeys", "regenerateKey", `{"keyType":"Secondary"}`, "secondaryKey"},
	"appConfiguration": {"2024-06-01", "listKeys", "", "", ""}, // see TestAppConfigurationKeysHaveIDs
}

func (r regeneration) listAt(id string) string {
	return id + "/" + r.list + "?api-version=" + r.version
}

func (r regeneration) at(id string) string { return id + "/" + r.path + "?api-version=" + r.version }

func TestEachServiceRegeneratesOneKey(t *testing.T) {
	c := start(t, standin.Options{})
	for name, id := range arm.Examples() {
		row, found := regenerations[name]
		if !found {
			t.Errorf("%s has no row", name)
		}
		if row.path == "" {
			continue
		}
		before := c.keys(name)
		answered := c.ask(t, http.MethodPost, row.at(strings.ToUpper(id)), row.body) // case does not count
		listed := c.ask(t, http.MethodPost, row.listAt(id), "")
		if listed.status != http.StatusOK || answered.status >= 300 {
			t.Errorf("%s: regenerate %d %s, list %d %s", name, answered.status, answered.body, listed.status, listed.body)
		}
		changed := []string{}
		for key, value := range c.keys(name) {
			if before[key] != value {
				changed = append(changed, key)
			}
			if !strings.Contains(listed.body, value) && key != "" { // search lists its query key elsewhere
				t.Errorf("%s: the list lacks %s", name, key)
			}
		}
		if !slices.Equal(changed, []string{row.key}) {
			t.Errorf("%s: %q changed, want %s", name, changed, row.key)
		}
	}
}

func TestAPIManagementAnswersWithoutTheKey(t *testing.T) {
	c := start(t, standin.Options{})
	row := regenerations["apiManagement"]
	if found := c.ask(t, http.MethodPost, row.at(arm.Examples()["apiManagement"]), ""); found.status != http.StatusNoContent || found.body != "" {
		t.Errorf("%d %q, want 204 without a body", found.status, found.body)
	}
}

func TestAppConfigurationKeysHaveIDs(t *testing.T) {
	c := start(t, standin.Options{})
	id := arm.Examples()["appConfiguration"]
	for _, newIDs := range []bool{false, true} {
		c.setFaults(t, "appConfiguration", arm.Faults{NewIDs: newIDs})
		before := c.ARM().Keys(id)
		answered := c.ask(t, http.MethodPost, id+"/RegenerateKey?api-version=2024-06-01", `{"id":"`+before[1].ID+`"}`)
		after := c.ARM().Keys(id)
		if found := answered.values(t); found["name"] != "Secondary" || found["value"] != after[1].Value || found["id"] != after[1].ID {
			t.Errorf("the answer is %v, want the key Secondary", found)
		}
		if after[1].Value == before[1].Value || after[0] != before[0] || after[1].ID != before[1].ID != newIDs {
			t.Errorf("with newIds %v: the second key's value or id, or another key, is not as expected", newIDs)
		}
	}
	if found := c.ask(t, http.MethodPost, id+"/RegenerateKey?api-version=2024-06-01", `{"id":"none"}`); found.status != http.StatusNotFound {
		t.Errorf("an unknown id: %d %s", found.status, found.body)
	}
}

func TestFunctionKeys(t *testing.T) {
	c := start(t, standin.Options{})
	keys := arm.Examples()["functions"] + "/host/default/functionKeys/second?api-version=2024-04-01"
	for _, row := range []struct {
		title, method, body string
		status              int
	}{
		{"a new key is made by the host", http.MethodPut, `{"properties":{}}`, http.StatusCreated},
		{"a second PUT replaces it", http.MethodPut, `{"properties":{"name":"second","value":"chosen"}}`, http.StatusOK},
		{"a body without properties is refused", http.MethodPut, `{}`, http.StatusBadRequest},
		{"it is deleted", http.MethodDelete, "", http.StatusNoContent},
		{"what is gone can't be deleted", http.MethodDelete, "", http.StatusNotFound},
	} {
		if found := c.ask(t, row.method, keys, row.body); found.status != row.status {
			t.Errorf("%s: %d %s, want %d", row.title, found.status, found.body, row.status)
		}
		opens := c.send(t, http.MethodGet, "https://contosofunctions.azurewebsites.net/api/hello", "", "x-functions-key: chosen").status == http.StatusOK
		if want := c.keys("functions")["second"] == "chosen"; opens != want {
			t.Errorf("%s: the key opens a function: %v, want %v", row.title, opens, want)
		}
	}
}

func TestRequestsAreRefusedInARMsWords(t *testing.T) {
	c := start(t, standin.Options{})
	id := arm.Examples()["storage"]
	const version = "?api-version=2023-05-01"
	for title, row := range map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"without an api-version":        {http.MethodPost, id + "/listKeys", "", 400, "MissingApiVersionParameter"},
		"an api-version that is a word": {http.MethodPost, id + "/listKeys?api-version=latest", "", 400, "InvalidApiVersionParameter"},
		"an api-version of the future":  {http.MethodPost, id + "/listKeys?api-version=2099-01-01", "", 400, "NoRegisteredProviderFound"},
		"another subscription":          {http.MethodPost, strings.Replace(id, "05b5", "05b6", 1) + "/listKeys" + version, "", 404, "SubscriptionNotFound"},
		"another resource group":        {http.MethodPost, strings.Replace(id, "/rotunda/", "/nowhere/", 1) + "/listKeys" + version, "", 404, "ResourceGroupNotFound"},
		"another resource":              {http.MethodPost, id + "x/listKeys" + version, "", 404, "ResourceNotFound"},
		"an unknown action":             {http.MethodPost, id + "/listSecrets" + version, "", 404, "InvalidResourceType"},
		"a method that is not allowed":  {http.MethodGet, id + "/listKeys" + version, "", 405, "HttpMethodNotSupported"},
		"a path that is not an id":      {http.MethodGet, "/subscriptions" + version, "", 404, "InvalidResourceType"},
		"no body":                       {http.MethodPost, id + "/regenerateKey" + version, "", 400, "InvalidRequestContent"},
		"two bodies":                    {http.MethodPost, id + "/regenerateKey" + version, `{"keyName":"key1"}{}`, 400, "InvalidRequestContent"},
		"another field":                 {http.MethodPost, id + "/regenerateKey" + version, `{"keyType":"key1"}`, 400, "BadRequest"},
		"another key":                   {http.MethodPost, id + "/regenerateKey" + version, `{"keyName":"key3"}`, 400, "BadRequest"},
	} {
		found := c.ask(t, row.method, row.path, row.body)
		if found.status != row.status || found.code() != row.code {
			t.Errorf("%s: %d %s, want %d %s", title, found.status, found.body, row.status, row.code)
		}
	}
}

func TestTokensAreCheckedForARM(t *testing.T) {
	c := start(t, standin.Options{})
	token := func(resource string) string {
		issued, err := c.Identity().Token(resource)
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + issued
	}
	for title, row := range map[string]struct {
		authorization string
		status        int
		code          string
	}{
		"no token":                    {"", 401, "AuthenticationFailed"},
		"a password":                  {"Basic dTpw", 401, "AuthenticationFailedInvalidHeader"},
		"not a token":                 {"Bearer letmein", 401, "InvalidAuthenticationToken"},
		"a token for the vault":       {token("https://vault.azure.net"), 401, "InvalidAuthenticationTokenAudience"},
		"a token for the old name":    {token("https://management.core.windows.net/"), 200, ""},
		"a token for ARM":             {token("https://management.azure.com/"), 200, ""},
		"a token of another tenant":   {stranger(t), 401, "InvalidAuthenticationToken"},
		"a lower-case bearer's token": {"bearer " + strings.TrimPrefix(token("https://management.azure.com"), "Bearer "), 200, ""},
	} {
		found := c.send(t, http.MethodPost, "https://management.azure.com"+regenerations["redis"].listAt(arm.Examples()["redis"]), "", "Authorization: "+row.authorization)
		if found.status != row.status || found.code() != row.code {
			t.Errorf("%s: %d %s, want %d %s", title, found.status, found.body, row.status, row.code)
		}
		if challenge := found.header.Get("WWW-Authenticate"); found.status == http.StatusUnauthorized && !strings.Contains(challenge, "https://login.windows.net/"+c.Entra().Tenant()) {
			t.Errorf("%s: the challenge is %q", title, challenge)
		}
	}
}

// stranger returns a token of another tenant.
func stranger(t *testing.T) string {
	t.Helper()
	directory, err := entra.New(entra.Options{})
	if err != nil {
		t.Fatal(err)
	}
	client, err := directory.Register(entra.Application{Name: "stranger"})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := directory.Issue(client.ClientID, "https://management.azure.com", 1e9*60)
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + token
}

func TestRightsComeFromAssignments(t *testing.T) {
	c := start(t, standin.Options{Assignments: []arm.Assignment{
		{Scope: arm.Examples()["storage"], Actions: []string{"Microsoft.Storage/storageAccounts/listKeys/action"}},
		{Scope: arm.ExampleGroup, Actions: []string{"Microsoft.Cache/redis/*"}},
		{ObjectID: "11111111-1111-4111-8111-111111111111", Scope: "/", Actions: []string{"*"}},
	}})
	storage, redis := arm.Examples()["storage"], arm.Examples()["redis"]
	for title, row := range map[string]struct {
		method, path, body string
		status             int
	}{
		"a right to list":               {http.MethodPost, regenerations["storage"].listAt(storage), "", 200},
		"no right to regenerate":        {http.MethodPost, regenerations["storage"].at(storage), `{"keyName":"key1"}`, 403},
		"no right to read":              {http.MethodGet, storage + "?api-version=2023-05-01", "", 403},
		"a right by a pattern":          {http.MethodPost, regenerations["redis"].at(redis), `{"keyType":"Primary"}`, 200},
		"a right of somebody else":      {http.MethodPost, regenerations["maps"].listAt(arm.Examples()["maps"]), "", 403},
		"permissions need no right":     {http.MethodGet, storage + "/providers/Microsoft.Authorization/permissions?api-version=2022-04-01", "", 200},
		"no right where nothing exists": {http.MethodGet, storage + "x?api-version=2023-05-01", "", 404},
	} {
		found := c.ask(t, row.method, row.path, row.body)
		if found.status != row.status {
			t.Errorf("%s: %d %s, want %d", title, found.status, found.body, row.status)
		}
		if found.status == http.StatusForbidden && (found.code() != "AuthorizationFailed" || !strings.Contains(found.body, "with object id '"+c.Identity().ObjectID()+"' does not have authorization to perform action 'Microsoft.")) {
			t.Errorf("%s: %s", title, found.body)
		}
	}
}

func TestADeniedActionIsNotAmongThePermissions(t *testing.T) {
	c := start(t, standin.Options{})
	id, row := arm.Examples()["search"], regenerations["search"]
	c.setFaults(t, "search", arm.Faults{Deny: []string{"Microsoft.Search/*/regenerateAdminKey/action"}})
	if found := c.ask(t, http.MethodPost, row.at(id), ""); found.status != http.StatusForbidden || !strings.Contains(found.body, "'Microsoft.Search/searchServices/regenerateAdminKey/action' over scope '"+id+"'") {
		t.Errorf("a denied action: %d %s", found.status, found.body)
	}
	if found := c.ask(t, http.MethodPost, row.listAt(id), ""); found.status != http.StatusOK {
		t.Errorf("another action: %d %s", found.status, found.body)
	}
	permissions := c.ask(t, http.MethodGet, id+"/providers/Microsoft.Authorization/permissions?api-version=2022-04-01", "")
	if want := `{"value":[{"actions":["*"],"notActions":["Microsoft.Search/*/regenerateAdminKey/action"],"dataActions":[],"notDataActions":[]}]}`; strings.TrimSpace(permissions.body) != want {
		t.Errorf("the permissions are %s, want %s", permissions.body, want)
	}
}

func TestResourcesSayWhetherKeysAreOn(t *testing.T) {
	c := start(t, standin.Options{})
	for name, row := range map[string]struct{ parent, on, off string }{
		"storage":      {"", `"allowSharedKeyAccess":true`, `"allowSharedKeyAccess":false`},
		"cosmos":       {"", `"disableLocalAuth":false`, `"disableLocalAuth":true`},
		"registry":     {"", `"adminUserEnabled":true`, `"adminUserEnabled":false`},
		"managedRedis": {"", `"accessKeysAuthentication":"Enabled"`, `"accessKeysAuthentication":"Disabled"`},
		"serviceBus":   {"/AuthorizationRules/RootManageSharedAccessKey", `"disableLocalAuth":false`, `"disableLocalAuth":true`},
	} {
		path := strings.TrimSuffix(arm.Examples()[name], row.parent) + "?api-version=2024-01-01"
		on := c.ask(t, http.MethodGet, path, "")
		c.setFaults(t, name, arm.Faults{LocalAuthDisabled: true})
		off := c.ask(t, http.MethodGet, path, "")
		if !strings.Contains(on.body, row.on) || !strings.Contains(off.body, row.off) {
			t.Errorf("%s: %d %s, then %d %s", name, on.status, on.body, off.status, off.body)
		}
	}
}

func TestResourcesThatCannotBeAdded(t *testing.T) {
	s := arm.New(arm.Options{})
	if err := s.AddResource(arm.Examples()["storage"]); err != nil {
		t.Fatal(err)
	}
	for id, says := range map[string]string{
		"":                                  "not the id of a resource",
		arm.ExampleGroup:                    "not the id of a resource",
		arm.Examples()["storage"] + "/more": "not the id of a resource",
		arm.ExampleGroup + "/providers/Microsoft.Compute/virtualMachines/vm": "no keys",
		strings.ToUpper(arm.Examples()["storage"]):                           "already",
	} {
		if err := s.AddResource(id); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", id, err, says)
		}
	}
	if keys := s.Keys(arm.ExampleGroup); keys != nil {
		t.Error("a resource group has keys")
	}
	if kinds := slices.Collect(maps.Keys(regenerations)); len(kinds) != len(arm.Examples()) {
		t.Errorf("%d rows for %d examples", len(kinds), len(arm.Examples()))
	}
}
