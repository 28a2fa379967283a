package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// azd's environment after a deployment.
var deployed = map[string]string{
	"AZURE_SUBSCRIPTION_ID": "sub", "AZURE_RESOURCE_GROUP": "rg-dev", "APP_PRINCIPAL_ID": "app", "HOST_STORAGE_NAME": "sthost", "RECORDS_STORAGE_NAME": "strec",
	"AZURE_ENV_NAME": "dev", "AZURE_LOCATION": "westeurope", "KEY_VAULT_NAME": "kv-1", "DOMAIN_VERIFICATION_ID": "9F86D0", "SERVICE_API_NAME": "func-1", "SERVICE_API_URI": "https://func-1.azurewebsites.net/api",
	"AUDIT_ROLE_ID": "/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/role-1",
}

// existingVault is what a person sets for a vault of their own.
var existingVault = map[string]string{"EXISTING_VAULT_NAME": "contoso", "EXISTING_VAULT_RESOURCE_GROUP": "rg-shared", "KEY_VAULT_NAME": "contoso"}

// az plays the Azure CLI. It answers a command that begins with a key of answers.
type az struct {
	answers map[string]string
	calls   []string
	texts   map[string][]string // of DNS
}

// noRoles is what az lists of the app's roles, as long as a test says nothing else.
const noRoles = "[]"

func (a *az) call(_ context.Context, arguments ...string) ([]byte, error) {
	line := strings.TrimSuffix(strings.Join(arguments, " "), " --subscription sub")
	a.calls = append(a.calls, line)
	if _, ok := a.answers[listRoles]; !ok && line == listRoles {
		return []byte(noRoles), nil
	}
	for prefix, answer := range a.answers {
		if strings.HasPrefix(line, prefix) && answer == "fails" {
			return nil, errors.New("az " + prefix + ": exit status 1")
		} else if strings.HasPrefix(line, prefix) {
			return []byte(answer), nil
		}
	}
	return nil, nil
}

// step runs one, and returns what it said and how long it waited.
func step(t *testing.T, name string, cli *az, environments ...map[string]string) (said string, waited time.Duration, err error) {
	t.Helper()
	var out strings.Builder
	h := &hook{
		getenv: func(name string) string {
			for _, e := range environments {
				if value, ok := e[name]; ok {
					return value
				}
			}
			return ""
		},
		out: &out, az: cli.call,
		azd: func(ctx context.Context, arguments ...string) ([]byte, error) {
			return cli.call(ctx, append([]string{"azd"}, arguments...)...)
		},
		texts: func(_ context.Context, name string) ([]string, error) { return cli.texts[name], nil },
		now:   func() time.Time { return time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) },
		wait:  func(_ context.Context, d time.Duration) { waited += d },
	}
	err = run(t.Context(), h, []string{name})
	return out.String(), waited, err
}

func TestWhatBelongsTogetherIsCheckedBeforeAnythingIsMade(t *testing.T) {
	for name, row := range map[string]struct {
		env   map[string]string
		says  string
		calls []string
	}{
		"nothing is set":        {nil, "", nil},
		"tokens for nobody":     {map[string]string{"SIGN_IN": "tokens"}, "azd env set SIGN_IN_AUDIENCE", nil},
		"tokens":                {map[string]string{"SIGN_IN": "tokens", "SIGN_IN_AUDIENCE": "https://contoso.com/rotunda"}, "", nil},
		"a vault without group": {map[string]string{"EXISTING_VAULT_NAME": "contoso"}, "azd env set EXISTING_VAULT_RESOURCE_GROUP", nil},
		"a private network":     {map[string]string{"PRIVATE_NETWORK": "true"}, "", []string{"provider register --namespace Microsoft.App --wait"}},
		"an unknown way to register": {
			map[string]string{"SIGN_IN": "tokens", "SIGN_IN_AUDIENCE": "https://contoso.com/rotunda", "REGISTRATION": "terraform"}, "must be bicep, script or none", nil,
		},
		"a registration for nobody":  {map[string]string{"REGISTRATION": "bicep"}, "azd env set SIGN_IN tokens", nil},
		"no registration, with keys": {map[string]string{"REGISTRATION": "none"}, "", nil},
		"secrets of a new vault":     {map[string]string{"EXISTING_SECRETS": "db"}, "EXISTING_VAULT_NAME is not", nil},
		"secrets with spaces":        {map[string]string{"EXISTING_SECRETS": "a, b", "EXISTING_VAULT_NAME": "contoso", "EXISTING_VAULT_RESOURCE_GROUP": "rg"}, "without spaces", nil},
		"secrets":                    {map[string]string{"EXISTING_SECRETS": "a,b-2", "EXISTING_VAULT_NAME": "contoso", "EXISTING_VAULT_RESOURCE_GROUP": "rg"}, "", nil},
		"an address for a host name": {map[string]string{"CUSTOM_DOMAIN": "https://rotunda.contoso.com"}, "such as rotunda.contoso.com", nil},
		"a host name of one's own":   {map[string]string{"CUSTOM_DOMAIN": "rotunda.contoso.com"}, "", nil},
		"two problems":               {map[string]string{"CUSTOM_DOMAIN": "x", "SIGN_IN": "tokens"}, "CUSTOM_DOMAIN", nil},
		"a network, without a subscription": {
			map[string]string{"PRIVATE_NETWORK": "true", "AZURE_SUBSCRIPTION_ID": ""}, "azd env set AZURE_SUBSCRIPTION_ID", nil,
		},
		"a registration, without a subscription": {
			map[string]string{"SIGN_IN": "tokens", "SIGN_IN_AUDIENCE": "https://contoso.com/rotunda", "REGISTRATION": "script", "AZURE_SUBSCRIPTION_ID": ""}, "azd env set AZURE_SUBSCRIPTION_ID", nil,
		},
		"a registration, without a region": {
			map[string]string{"SIGN_IN": "tokens", "SIGN_IN_AUDIENCE": "https://contoso.com/rotunda", "REGISTRATION": "bicep", "AZURE_LOCATION": ""}, "azd env set AZURE_LOCATION", nil,
		},
		"no subscription, and no need":      {map[string]string{"AZURE_SUBSCRIPTION_ID": "", "AZURE_LOCATION": ""}, "", nil},
		"a switch that azd would leave off": {map[string]string{"PRIVATE_NETWORK": "yes"}, `PRIVATE_NETWORK is "yes": it must be true or false`, nil},
		"a switch in another case":          {map[string]string{"RECOVER_VAULT": "True"}, "it must be true or false", nil},
		"a switch of a hook":                {map[string]string{"ROLLING_UPDATES": "on"}, "it must be true or false", nil},
		"switches that are off":             {map[string]string{"PRIVATE_NETWORK": "false", "RECOVER_VAULT": "", "ROLLING_UPDATES": "false"}, "", nil},
		"a number that azd would forget":    {map[string]string{"AUDIT_DAYS": "7y"}, `AUDIT_DAYS is "7y": it must be a whole number`, nil},
		"numbers":                           {map[string]string{"AUDIT_DAYS": "7", "INSTANCE_MEMORY_MB": "512", "MAXIMUM_INSTANCE_COUNT": "", "ALWAYS_READY_INSTANCES": "0"}, "", nil},
		"a problem stops it all":            {map[string]string{"PRIVATE_NETWORK": "true", "SIGN_IN": "tokens"}, "SIGN_IN_AUDIENCE", nil},
	} {
		cli := &az{}
		_, _, err := step(t, "preprovision", cli, row.env, deployed)
		if (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(row.calls, cli.calls); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAnExistingVaultIsConnectedInItsOwnGroup(t *testing.T) {
	cli := &az{answers: map[string]string{"keyvault show": "northeurope\n"}}
	said, _, err := step(t, "postprovision", cli, existingVault, map[string]string{"VAULT_ACCESS": "read", "ROLLING_UPDATES": "true", "EXISTING_SECRETS": "a,b"}, deployed)
	want := []string{
		"keyvault show --name contoso --resource-group rg-shared --query location --output tsv",
		"deployment group create --name rotunda --resource-group rg-shared --template-file infra/existing-vault.bicep --output none --parameters" +
			" vaultName=contoso vaultLocation=northeurope principalId=app appResourceGroup=rg-dev hostStorageName=sthost existingTopicName= existingSecrets=a,b vaultAccess=read",
		listRoles,
		"functionapp update-strategy config set --type RollingUpdate --name func-1 --resource-group rg-dev",
	}
	if diff := cmp.Diff(want, cli.calls); diff != "" || err != nil || !strings.Contains(said, "https://func-1.azurewebsites.net/api") {
		t.Errorf("%v, %s\n%s", err, said, diff)
	}
	cli = &az{}
	if _, _, err := step(t, "postprovision", cli, deployed); err != nil || cmp.Diff([]string{listRoles}, cli.calls) != "" {
		t.Errorf("a new vault: %v, %v", err, cli.calls)
	}
}

// A deployment adds the role of today's variables, and leaves yesterday's.
func TestRolesThatAreNotWantedAnyMoreAreRemoved(t *testing.T) {
	const vault, shared = "/subscriptions/sub/resourceGroups/rg-dev/providers/Microsoft.KeyVault/vaults/kv-1", "/subscriptions/sub/resourcegroups/RG-shared/providers/Microsoft.KeyVault/vaults/contoso"
	list := func(roles ...[2]string) string {
		all := []map[string]string{}
		for _, r := range roles {
			all = append(all, map[string]string{"id": path.Base(r[0]) + "/" + r[1], "scope": r[0], "role": "/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/" + r[1]})
		}
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	narrow := map[string]string{"EXISTING_SECRETS": "a,B"}
	for name, row := range map[string]struct {
		env     map[string]string
		roles   string
		removed []string
	}{
		"nothing but what it needs": {nil, list([2]string{vault, officerRole}), nil},
		"an app that only reads": {
			map[string]string{"VAULT_ACCESS": "read"}, list([2]string{vault, officerRole}, [2]string{vault, userRole}), []string{"kv-1/" + officerRole},
		},
		"roles of somebody else": {nil, list([2]string{vault, "other"}, [2]string{vault + "2", userRole}, [2]string{"/subscriptions/sub", userRole}), nil},
		"single secrets": {
			narrow, list([2]string{shared, officerRole}, [2]string{shared, readerRole}, [2]string{shared + "/secrets/A", officerRole}, [2]string{shared + "/secrets/b", officerRole}, [2]string{shared + "/secrets/c", officerRole}),
			[]string{"contoso/" + officerRole, "c/" + officerRole},
		},
		"all secrets again": {existingVault, list([2]string{shared, officerRole}, [2]string{shared, readerRole}, [2]string{shared + "/secrets/a", officerRole}), []string{"contoso/" + readerRole, "a/" + officerRole}},
	} {
		environments := []map[string]string{row.env, deployed}
		if row.env["EXISTING_SECRETS"] != "" {
			environments = []map[string]string{row.env, existingVault, deployed}
		}
		cli := &az{answers: map[string]string{listRoles: row.roles, "keyvault show": "northeurope"}}
		if _, _, err := step(t, "postprovision", cli, environments...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var removed []string
		for _, call := range cli.calls {
			if id, ok := strings.CutPrefix(call, "role assignment delete --ids "); ok {
				removed = append(removed, id)
			}
		}
		if diff := cmp.Diff(row.removed, removed); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for answer, says := range map[string]string{"fails": "exit status 1", "{": "can't be read"} {
		if _, _, err := step(t, "postprovision", &az{answers: map[string]string{listRoles: answer}}, deployed); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

func TestADomainIsBoundOnceDNSHasItsRecords(t *testing.T) {
	const (
		hostNames = "functionapp config hostname list --webapp-name func-1 --resource-group rg-dev --query [].name --output json"
		bind      = "deployment group create --name rotunda-domain --resource-group rg-dev --template-file infra/domain.bicep --output none --parameters siteName=func-1 location=westeurope domain=rotunda.contoso.com isBound="
	)
	ours, records := map[string]string{"CUSTOM_DOMAIN": "rotunda.contoso.com"}, map[string][]string{"asuid.rotunda.contoso.com": {"other", "9f86d0"}}
	for name, row := range map[string]struct {
		texts map[string][]string
		names string
		calls []string
		says  string
		fails string
	}{
		"no records yet": {nil, "", []string{listRoles}, "rotunda.contoso.com CNAME func-1.azurewebsites.net\n  asuid.rotunda.contoso.com TXT 9F86D0\n", ""},
		"another app's record": {
			map[string][]string{"asuid.rotunda.contoso.com": {"other"}}, "", []string{listRoles}, "is not bound yet", "",
		},
		"the first time":  {records, `["func-1.azurewebsites.net"]`, []string{listRoles, hostNames, bind + "false"}, "Binding", ""},
		"a second time":   {records, `["func-1.azurewebsites.net", "func-1/rotunda.contoso.com"]`, []string{listRoles, hostNames, bind + "true"}, "Binding", ""},
		"no answer of az": {records, "fails", []string{listRoles, hostNames}, "", "exit status 1"},
		"another answer":  {records, "{", []string{listRoles, hostNames}, "", "can't be read"},
	} {
		cli := &az{texts: row.texts, answers: map[string]string{hostNames: row.names}}
		said, _, err := step(t, "postprovision", cli, ours, deployed)
		if diff := cmp.Diff(row.calls, cli.calls); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if !strings.Contains(said, row.says) || (err == nil) != (row.fails == "") || err != nil && !strings.Contains(err.Error(), row.fails) {
			t.Errorf("%s: %q, %v", name, said, err)
		}
	}
	if said, _, err := step(t, "predown", &az{answers: map[string]string{"group exists": "true"}}, ours, map[string]string{"AUDIT_ROLE_ID": ""}, deployed); err != nil || !strings.Contains(said, "DNS records of rotunda.contoso.com") {
		t.Errorf("%q, %v", said, err)
	}
}

func TestADeploymentWaitsForNewRoles(t *testing.T) {
	for name, row := range map[string]struct {
		answer, says string
		waits        time.Duration
	}{
		"roles of this minute":     {`["2026-11-01T00:00:00.5+00:00","2026-11-27T11:59:30.123456+00:00"]`, "", 90*time.Second + 123456*time.Microsecond},
		"roles of last week":       {`["2026-11-20T11:59:30+00:00"]`, "", 0},
		"no roles":                 {`[]`, "azd provision", 0},
		"something else":           {`{`, "can't be read", 0},
		"the Azure CLI signed out": {"fails", "exit status 1", 0},
	} {
		_, waited, err := step(t, "predeploy", &az{answers: map[string]string{"role assignment list": row.answer}}, deployed)
		if waited != row.waits || (err == nil) != (row.says == "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: waited %s, %v", name, waited, err)
		}
	}
}

const (
	groupExists  = "group exists --name rg-dev"
	showPolicy   = "storage container immutability-policy show --output json --account-name strec --resource-group rg-dev --container-name rotunda-audit"
	deletePolicy = `storage container immutability-policy delete --if-match "8d" --account-name strec --resource-group rg-dev --container-name rotunda-audit`
	hasAudit     = "storage container-rm exists --storage-account strec --resource-group rg-dev --name rotunda-audit --query exists --output tsv"
	unassign     = "role assignment delete --ids role-3"
	undefine     = "role definition delete --name role-1 --scope /subscriptions/sub/resourceGroups/rg-dev"
	listTopics   = "eventgrid system-topic list --resource-group rg-shared --query [].name --output json"
	listEvents   = "eventgrid system-topic event-subscription list --system-topic-name evgst-contoso --resource-group rg-shared --query [].name --output json"
	noTopic      = "eventgrid system-topic delete --name evgst-contoso --resource-group rg-shared --yes"
	noEvents     = "eventgrid system-topic event-subscription delete --name rotunda-sthost --yes --system-topic-name evgst-contoso --resource-group rg-shared"
	noEventsOf   = "eventgrid system-topic event-subscription delete --name rotunda-sthost --yes --system-topic-name theirs --resource-group rg-shared"
	listRoles    = "role assignment list --all --fill-principal-name false --query [?principalId=='app'].{id:id,role:roleDefinitionId,scope:scope} --output json"
	noVaultRole  = "role assignment delete --ids role-2"
)

func TestDownLeavesNothingButTheVault(t *testing.T) {
	const unlocked, none, locked = `{"etag":"\"8d\"","state":"Unlocked","immutabilityPeriodSinceCreationInDays":365}`, `{"etag":"","immutabilityPeriodSinceCreationInDays":0}`,
		`{"etag":"\"8d\"","state":"Locked","immutabilityPeriodSinceCreationInDays":365}`
	for name, row := range map[string]struct {
		env    map[string]string
		policy string
		calls  []string
		says   string
		fails  string
	}{
		"a new vault":               {nil, unlocked, []string{groupExists, hasAudit, showPolicy, deletePolicy, listRoles, unassign, undefine}, "The vault kv-1 stays, soft-deleted", ""},
		"the policy is gone":        {nil, none, []string{groupExists, hasAudit, showPolicy, listRoles, unassign, undefine}, "RECOVER_VAULT", ""},
		"the policy is locked":      {nil, locked, []string{groupExists, hasAudit, showPolicy}, "", "is locked"},
		"no audit was kept":         {nil, "", []string{groupExists, hasAudit, listRoles, unassign, undefine}, "stays", ""},
		"an earlier deployment":     {map[string]string{"AUDIT_ROLE_ID": ""}, unlocked, []string{groupExists, hasAudit, showPolicy, deletePolicy}, "stays", ""},
		"an existing vault":         {existingVault, none, []string{groupExists, hasAudit, showPolicy, listRoles, unassign, undefine, listTopics, noEvents, listEvents, noTopic, listRoles, noVaultRole}, "", ""},
		"a topic that was there":    {map[string]string{"EXISTING_TOPIC_NAME": "theirs", "EXISTING_VAULT_NAME": "contoso", "EXISTING_VAULT_RESOURCE_GROUP": "rg-shared", "KEY_VAULT_NAME": "contoso"}, none, []string{groupExists, hasAudit, showPolicy, listRoles, unassign, undefine, listTopics, noEventsOf, listRoles, noVaultRole}, "", ""},
		"nothing was ever deployed": {map[string]string{"AZURE_RESOURCE_GROUP": ""}, "", nil, "", ""},
	} {
		roles := `[{"id": "role-2", "role": "/x/` + officerRole + `", "scope": "/subscriptions/sub/resourceGroups/rg-shared/providers/Microsoft.KeyVault/vaults/contoso"},
			{"id": "role-3", "role": "/x/role-1", "scope": "/x"}]`
		cli := &az{answers: map[string]string{
			listTopics: `["theirs", "EVGST-contoso"]`, listEvents: "[]",
			"group exists": "true\n", hasAudit: strconv.FormatBool(row.policy != "") + "\n", "storage container immutability-policy show": row.policy, listRoles: roles,
		}}
		said, _, err := step(t, "predown", cli, row.env, deployed)
		if diff := cmp.Diff(row.calls, cli.calls); diff != "" {
			t.Errorf("%s: calls (-want +made):\n%s", name, diff)
		}
		if !strings.Contains(said, row.says) || (err == nil) != (row.fails == "") || err != nil && !strings.Contains(err.Error(), row.fails) {
			t.Errorf("%s: %q, %v", name, said, err)
		}
	}
}

const rules = `{"rules": [
	{"who": ["role:Payments.Reader", "oid:6f1c2d3e-4b5a-4c6d-8e9f-0a1b2c3d4e5f"], "may": ["getSecret"], "secrets": ["payments-*"]},
	{"who": ["role:Admin", "role:Payments.Reader"], "may": ["setSecret"], "secrets": ["*"]}]}`

func TestARegistrationHasTheRolesOfTheRules(t *testing.T) {
	const uri, create = "https://contoso.com/rotunda", "ad app create --display-name rotunda --sign-in-audience AzureADMyOrg --identifier-uris https://contoso.com/rotunda --requested-access-token-version 2 --app-roles @FILE --query appId --output tsv"
	for name, row := range map[string]struct {
		found string
		calls []string
	}{
		"a new registration": {"\n", []string{"ad app list --identifier-uri " + uri + " --query [0].appId --output tsv", create, "ad sp create --id app-1 --output none"}},
		"one that is there":  {"app-1\n", []string{"ad app list --identifier-uri " + uri + " --query [0].appId --output tsv", "ad app show --id app-1 --query appRoles --output json", "ad app update --id app-1 --app-roles @FILE"}},
	} {
		t.Chdir(t.TempDir())
		if err := os.WriteFile("access.json", []byte(rules), 0o600); err != nil {
			t.Fatal(err)
		}
		var roles []appRole
		cli := &az{answers: map[string]string{"ad app list": row.found, "ad app create": "app-1\n", "ad app show": `[]`}}
		var out strings.Builder
		h := &hook{out: &out, az: func(ctx context.Context, arguments ...string) ([]byte, error) {
			for i, argument := range arguments {
				if file, ok := strings.CutPrefix(argument, "@"); ok {
					text, err := os.ReadFile(file)
					if err != nil || json.Unmarshal(text, &roles) != nil {
						t.Errorf("%s: %v, %s", name, err, text)
					}
					arguments[i] = "@FILE"
				}
			}
			return cli.call(ctx, arguments...)
		}}
		if err := run(t.Context(), h, []string{"register", uri}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(row.calls, cli.calls); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(roles) != 2 || roles[0].Value != "Admin" || roles[1].Value != "Payments.Reader" || roles[1].ID == roles[0].ID || !roles[0].Enabled {
			t.Errorf("%s: %+v", name, roles)
		}
		if !strings.Contains(out.String(), "azd env set SIGN_IN_CLIENT_ID app-1") {
			t.Errorf("%s: %s", name, &out)
		}
	}
}

// With REGISTRATION the hook registers the app, and azd's environment gets its client id.
func TestAzdRegistersTheApp(t *testing.T) {
	const uri = "https://contoso.com/rotunda"
	deploys := "deployment sub create --name rotunda-registration-dev --location westeurope --template-file infra/registration/main.bicep" +
		" --query properties.outputs.clientId.value --output tsv --parameters identifierUri=" + uri + " appRoles=@"
	for way, row := range map[string]struct{ begins, answer, fails string }{
		"bicep":              {deploys, "app-2\n", ""},
		"script":             {"ad app list --identifier-uri " + uri, "app-2\n", ""},
		"bicep, not may":     {deploys, "fails", "go run ./infra/hooks register " + uri},
		"script, signed out": {"ad app list", "fails", "azd env set REGISTRATION none"},
	} {
		t.Chdir(t.TempDir())
		if err := os.WriteFile("access.json", []byte(rules), 0o600); err != nil {
			t.Fatal(err)
		}
		registration, _, _ := strings.Cut(way, ",")
		cli := &az{answers: map[string]string{row.begins: row.answer, "ad app show": "[]"}}
		_, _, err := step(t, "preprovision", cli, map[string]string{"SIGN_IN": "tokens", "SIGN_IN_AUDIENCE": uri, "REGISTRATION": registration}, deployed)
		if (err == nil) != (row.fails == "") || err != nil && !strings.Contains(err.Error(), row.fails) || !slices.ContainsFunc(cli.calls, func(call string) bool { return strings.HasPrefix(call, row.begins) }) {
			t.Errorf("%s: %v, %v", way, err, cli.calls)
		}
		isSet := slices.Contains(cli.calls, "azd env set SIGN_IN_CLIENT_ID app-2 --environment dev")
		if isSet != (row.fails == "") {
			t.Errorf("%s: %v", way, cli.calls)
		}
	}
}

// The Azure CLI's commands for Entra take no subscription. They work in the tenant of its default
// subscription, which may be another one.
func TestARegistrationIsMadeInTheTenantOfTheSubscription(t *testing.T) {
	const uri = "https://contoso.com/rotunda"
	t.Chdir(t.TempDir())
	if err := os.WriteFile("access.json", []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	var calls []string
	h := &hook{out: io.Discard, getenv: func(name string) string {
		return map[string]string{"AZURE_SUBSCRIPTION_ID": "sub", "SIGN_IN": "tokens", "SIGN_IN_AUDIENCE": uri, "REGISTRATION": "script"}[name]
	}, az: func(_ context.Context, arguments ...string) ([]byte, error) {
		calls = append(calls, strings.Join(arguments, " "))
		if slices.Contains(arguments, "--subscription") {
			return []byte("tenant-1\n"), nil
		}
		return []byte("tenant-2\n"), nil
	}}
	err := run(t.Context(), h, []string{"preprovision"})
	if err == nil || !strings.Contains(err.Error(), "az account set --subscription sub") {
		t.Error(err)
	}
	const show = "account show --query tenantId --output tsv"
	if diff := cmp.Diff([]string{show + " --subscription sub", show}, calls); diff != "" {
		t.Error(diff)
	}
}

// Entra refuses an update without a role that is enabled, such as one that a rule named once.
func TestARegistrationKeepsTheRolesThatItHas(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("access.json", []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	var roles []appRole
	has := `[{"id": "id-1", "value": "Old", "isEnabled": true, "origin": "Application"}, {"id": "id-2", "value": "Admin", "isEnabled": true}]`
	cli := &az{answers: map[string]string{"ad app list": "app-1\n", "ad app show --id app-1": has}}
	h := &hook{out: io.Discard, az: func(ctx context.Context, arguments ...string) ([]byte, error) {
		if file, ok := strings.CutPrefix(arguments[len(arguments)-1], "@"); ok {
			text, err := os.ReadFile(file)
			if err != nil || json.Unmarshal(text, &roles) != nil {
				t.Errorf("%v, %s", err, text)
			}
		}
		return cli.call(ctx, arguments...)
	}}
	if err := run(t.Context(), h, []string{"register", "https://contoso.com/rotunda"}); err != nil {
		t.Fatal(err)
	}
	if len(roles) != 3 || roles[0].ID != "id-1" || roles[1].ID != "id-2" || roles[2].Value != "Payments.Reader" {
		t.Errorf("%+v", roles)
	}
	cli.answers["ad app show --id app-1"] = "{"
	if err := run(t.Context(), h, []string{"register", "https://contoso.com/rotunda"}); err == nil || !strings.Contains(err.Error(), "can't be read") {
		t.Error(err)
	}
}

func TestWhatCannotBeRegistered(t *testing.T) {
	t.Chdir(t.TempDir())
	cli := &az{}
	h := &hook{out: io.Discard, az: cli.call}
	for uri, says := range map[string]string{"api://rotunda": "must be https", "https://contoso.com/rotunda": "write the rules first"} {
		if err := run(t.Context(), h, []string{"register", uri}); err == nil || !strings.Contains(err.Error(), says) || len(cli.calls) > 0 {
			t.Errorf("%s: %v, %v", uri, err, cli.calls)
		}
	}
}

func TestDownCanBeRepeated(t *testing.T) {
	cli := &az{answers: map[string]string{"group exists": "false\n"}}
	if said, _, err := step(t, "predown", cli, existingVault, deployed); err != nil || said != "" || len(cli.calls) != 1 {
		t.Errorf("%q, %v, %v", said, cli.calls, err)
	}
	cli = &az{answers: map[string]string{"group exists": "fails"}}
	if _, _, err := step(t, "predown", cli, deployed); err == nil {
		t.Error("signed out of the Azure CLI, and no error")
	}
}

// Whoever answers no to azd down has run its hook already, and may run it again.
func TestDownCanBeRepeatedAfterTheHook(t *testing.T) {
	cli := &az{answers: map[string]string{
		"group exists": "true\n", hasAudit: "true\n", showPolicy: `{"etag":"","immutabilityPeriodSinceCreationInDays":0}`,
		// The Azure CLI: "No matched assignments were found to delete".
		"role assignment delete --role": "fails",
	}}
	said, _, err := step(t, "predown", cli, deployed)
	if diff := cmp.Diff([]string{groupExists, hasAudit, showPolicy, listRoles, undefine}, cli.calls); diff != "" || err != nil || !strings.Contains(said, "run azd provision --no-state") {
		t.Errorf("%v, %s\n%s", err, said, diff)
	}
}

// A vault has one topic, so apps that share a vault share the topic.
func TestATopicThatAnotherAppNeedsStays(t *testing.T) {
	for name, row := range map[string]struct {
		topics, subscriptions string
		calls                 []string
	}{
		"another app's subscription": {`["evgst-contoso"]`, `["rotunda-sthost2"]`, []string{listTopics, noEvents, listEvents}},
		"nobody else's":              {`["evgst-contoso"]`, `[]`, []string{listTopics, noEvents, listEvents, noTopic}},
		"the topic is gone":          {`["others"]`, "fails", []string{listTopics}},
	} {
		cli := &az{answers: map[string]string{"group exists": "true\n", hasAudit: "false\n", listTopics: row.topics, listEvents: row.subscriptions}}
		if _, _, err := step(t, "predown", cli, existingVault, deployed); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		calls := slices.DeleteFunc(cli.calls, func(call string) bool { return !strings.HasPrefix(call, "eventgrid") })
		if diff := cmp.Diff(row.calls, calls); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAStepThatIsNotThere(t *testing.T) {
	if _, _, err := step(t, "postdown", &az{}); err == nil || !strings.Contains(err.Error(), "name one step") {
		t.Error(err)
	}
}
