package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/deploy/bicep"
	"rotunda/internal/hostjson"
	"rotunda/internal/settings"
	"rotunda/internal/standin/keyvault"
)

const root = "../.."

// scenarios are choices that people make, as parameters of main.bicep.
var scenarios = map[string]map[string]any{
	"nothing but azd's questions":      {},
	"callers with tokens":          {"signIn": "tokens", "signInAudience": "https://contoso.com/rotunda", "signInClientId": "11111111-2222-4333-8444-555555555555"},
	"a private network":            {"privateNetwork": true, "alertEmail": "ops@contoso.com"},
	"an existing vault":            {"existingVaultName": "contoso"},
	"an existing vault, privately": {"existingVaultName": "contoso", "privateNetwork": true},
	"no durable audit":             {"audit": "log"},
	"only writes in the audit":     {"audit": "writes", "auditDays": 7},
	"an app that only reads":       {"vaultAccess": "read", "logWorkspaceId": "/w", "alwaysReadyInstances": 1, "instanceMemoryMB": 512},
	"a gateway, and known hosts":   {"publicUrl": "https://rotunda.contoso.com", "rotationProviderHosts": "postgres://db.contoso.com"},
	"a setting of one's own":       {"settings": map[string]any{settings.RotationGrace: "48h"}, "recoverVault": true},
}

func deploy(t *testing.T, params map[string]any) bicep.Deployment {
	t.Helper()
	given := map[string]any{"environmentName": "dev", "location": "westeurope"}
	maps.Copy(given, params)
	d, err := bicep.Deploy(root+"/infra/main.bicep", given)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// made returns the resources of a type that a deployment makes.
func made(d bicep.Deployment, kind string) (all []*bicep.Resource) {
	for _, r := range d.Resources {
		if r.Type == kind && !r.Existing {
			all = append(all, r)
		}
	}
	return all
}

// one returns the only resource of a type.
func one(t *testing.T, d bicep.Deployment, kind string) *bicep.Resource {
	t.Helper()
	all := made(d, kind)
	if len(all) != 1 {
		t.Fatalf("there are %d of %s", len(all), kind)
	}
	return all[0]
}

// at returns what is at a path in the body of a resource.
func at(r *bicep.Resource, path ...string) any {
	var value any = r.Body
	for _, name := range path {
		fields, _ := value.(map[string]any)
		value = fields[name]
	}
	return value
}

func last(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// appSettings returns the app settings as text. What only Azure knows is a client id or an address.
func appSettings(t *testing.T, d bicep.Deployment) map[string]string {
	t.Helper()
	fields, _ := at(one(t, d, "Microsoft.Web/sites/config"), "properties").(map[string]any)
	texts := map[string]string{}
	for name, value := range fields {
		text := fmt.Sprint(value)
		if strings.HasSuffix(text, ".clientId»") {
			text = "6d1f0c5e-8a2b-4c3d-9e7f-1a2b3c4d5e6f"
		}
		texts[name] = text
	}
	return texts
}

func TestEverySettingStartsTheApp(t *testing.T) {
	for name, params := range scenarios {
		t.Run(name, func(t *testing.T) {
			given := appSettings(t, deploy(t, params))
			given[settings.HandlerPort] = "4711"
			s, err := settings.Load(func(name string) string { return given[name] })
			if err != nil {
				t.Fatal(err)
			}
			r := s.Rotation
			if s.ClientID == "" || r.LockAccount != "strecabcdefghijklm" || r.LockFolder != "" || s.Access.AuditFolder != "" {
				t.Errorf("%+v, %+v", r, s)
			}
			if wants := params["audit"] != "log"; (s.Access.AuditAccount == r.LockAccount) != wants || (s.Access.AuditAccount == "") == wants {
				t.Errorf("the audit is in %q", s.Access.AuditAccount)
			}
			if params["signIn"] == "tokens" && (!s.Access.Tokens || !slices.Equal(s.Access.Tenants, []string{bicep.Tenant})) {
				t.Errorf("%+v", s.Access)
			}
			if vault := params["existingVaultName"]; vault != nil && s.Vault.Name != vault || vault == nil && s.Vault.Name != "kv-abcdefghijklm" {
				t.Errorf("the vault is %s", s.Vault.Name)
			}
		})
	}
}

// byDefault are the settings that a deployment leaves to their defaults. Others can be given by the
// parameter settings.
var byDefault = map[string]string{
	settings.KeyVaultName:           "KEY_VAULT_URL says it",
	settings.KeyVaultCAFile:         "the platform trusts Azure's authorities",
	settings.KeyVaultCallsPerSecond: "",
	settings.CacheTTL:               "",
	settings.CacheMaxStale:          "",
	settings.CacheEntries:           "",
	settings.CacheBytes:             "",
	settings.CallerCallsPerSecond:   "no limit",
	settings.TrustedIssuers:         "none",
	settings.AccessRulesFile:        "access.json is in the package",
	settings.AuditFolder:            "for one machine",
	settings.RotationLockFolder:     "for one machine",
	settings.RotationLeadDays:       "",
	settings.RotationGrace:          "",
	settings.RotationCooldown:       "",
	settings.RotationCAFolder:       "none",
	settings.RotationPlaintext:      "false",
	settings.WebhookAudiences:       "none",
	settings.OTLPEndpoint:           "off",
	settings.OTLPHeaders:            "",
	settings.OTLPProtocol:           "",
	settings.TracesSampler:          "",
	settings.TracesSamplerArg:       "",
}

// platform are the settings that the host and the SDKs read.
var platform = []string{
	"AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId", "AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__queueServiceUri",
	"AzureWebJobsStorage__tableServiceUri", "APPLICATIONINSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}

func TestEverySettingIsSetOrHasADefault(t *testing.T) {
	text, err := os.ReadFile(root + "/local.settings.json.example")
	if err != nil {
		t.Fatal(err)
	}
	var example struct{ Values map[string]string }
	if err := json.Unmarshal(text, &example); err != nil {
		t.Fatal(err)
	}
	delete(example.Values, "FUNCTIONS_WORKER_RUNTIME")
	delete(example.Values, "AzureWebJobsStorage")
	set := appSettings(t, deploy(t, nil))
	for name := range example.Values {
		_, isSet := set[name]
		if _, hasDefault := byDefault[name]; isSet == hasDefault {
			t.Errorf("%s: set is %t, and left to its default is %t", name, isSet, hasDefault)
		}
		delete(set, name)
	}
	for _, name := range platform {
		if set[name] == "" {
			t.Errorf("%s is not set", name)
		}
		delete(set, name)
	}
	if len(set) > 0 {
		t.Errorf("nothing reads %v", slices.Collect(maps.Keys(set)))
	}
}

// Flex Consumption refuses these, or has them as properties (Microsoft's guide to migrate from
// Consumption to Flex Consumption).
func TestFlexConsumptionAcceptsTheApp(t *testing.T) {
	refused := regexp.MustCompile(`^(FUNCTIONS_WORKER_|FUNCTIONS_EXTENSION_VERSION|WEBSITE_|SCM_DO_BUILD|ENABLE_ORYX|AzureWebJobsStorage$)`)
	for name, params := range scenarios {
		d := deploy(t, params)
		for setting := range appSettings(t, d) {
			if refused.MatchString(setting) {
				t.Errorf("%s: the setting %s", name, setting)
			}
		}
		site, plan := one(t, d, "Microsoft.Web/sites"), one(t, d, "Microsoft.Web/serverfarms")
		if at(plan, "sku", "name") != "FC1" || at(plan, "properties", "reserved") != true {
			t.Errorf("%s: the plan is %v", name, plan.Body)
		}
		config, _ := at(site, "properties", "siteConfig").(map[string]any)
		for _, property := range []string{"linuxFxVersion", "netFrameworkVersion", "ftpsState", "use32BitWorkerProcess", "preWarmedInstanceCount", "functionsRuntimeScaleMonitoringEnabled", "functionAppScaleLimit", "appSettings"} {
			if _, ok := config[property]; ok {
				t.Errorf("%s: siteConfig has %s", name, property)
			}
		}
		runtime := at(site, "properties", "functionAppConfig", "runtime")
		if diff := cmp.Diff(map[string]any{"name": "custom", "version": "1.0"}, runtime); diff != "" {
			t.Errorf("%s: the runtime %s", name, diff)
		}
		place, _ := at(site, "properties", "functionAppConfig", "deployment", "storage", "value").(string)
		if !slices.ContainsFunc(made(d, "Microsoft.Storage/storageAccounts/blobServices/containers"), func(r *bicep.Resource) bool { return strings.HasSuffix(place, "»"+last(r.Name)) }) {
			t.Errorf("%s: no container is made for the package at %s", name, place)
		}
		var targets []string
		for _, r := range d.Resources {
			if at(r, "tags", "azd-service-name") != nil {
				targets = append(targets, r.Name)
			}
		}
		if !slices.Equal(targets, []string{site.Name}) {
			t.Errorf("%s: azd deploys to the one resource with its tag, and %v have it", name, targets)
		}
		if at(site, "tags", "azd-service-name") != "api" || at(site, "properties", "httpsOnly") != true {
			t.Errorf("%s: the site is %v", name, site.Body)
		}
	}
}

// binding is what the test reads of a function.json.
type binding struct{ Type, QueueName, Connection string }

func bindings(t *testing.T) (all []binding) {
	t.Helper()
	files, err := filepath.Glob(root + "/functions/*/function.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d definitions, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var definition struct{ Bindings []binding }
		if err := json.Unmarshal(hostjson.Standard(text), &definition); err != nil {
			t.Fatal(err)
		}
		all = append(all, definition.Bindings...)
	}
	return all
}

func TestEveryQueueOfAFunctionIsMade(t *testing.T) {
	want := map[string]bool{}
	for _, b := range bindings(t) {
		if b.QueueName == "" {
			continue
		}
		if b.Connection != "AzureWebJobsStorage" {
			t.Errorf("%s is at %s, of which a deployment sets nothing", b.QueueName, b.Connection)
		}
		want[b.QueueName], want[b.QueueName+"-poison"] = true, true
	}
	for name, params := range scenarios {
		d, found := deploy(t, params), map[string]bool{}
		for _, queue := range made(d, "Microsoft.Storage/storageAccounts/queueServices/queues") {
			found[last(queue.Name)] = true
			if !strings.HasPrefix(queue.Name, "sthost") {
				t.Errorf("%s: %s is not in the host's account", name, queue.Name)
			}
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("%s: queues (-functions +made):\n%s", name, diff)
		}
	}
}

// existing evaluates what the hook deploys for an existing vault.
func existing(t *testing.T, more map[string]any) bicep.Deployment {
	t.Helper()
	given := map[string]any{"vaultName": "contoso", "vaultLocation": "northeurope", "principalId": "app", "appResourceGroup": "rg-dev", "hostStorageName": "sthost"}
	maps.Copy(given, more)
	d, err := bicep.Deploy(root+"/infra/existing-vault.bicep", given)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheVaultsEventsReachTheQueue(t *testing.T) {
	for name, row := range map[string]struct {
		d      bicep.Deployment
		topic  string
		topics int
	}{
		"a new vault":                        {deploy(t, nil), "evgst-abcdefghijklm", 1},
		"an existing vault":                  {existing(t, nil), "evgst-contoso", 1},
		"a vault that has its topic already": {existing(t, map[string]any{"existingTopicName": "theirs"}), "theirs", 0},
	} {
		s := one(t, row.d, "Microsoft.EventGrid/systemTopics/eventSubscriptions")
		if s.Name != row.topic+"/rotunda" {
			t.Errorf("%s: the subscription is %s", name, s.Name)
		}
		queue := at(s, "properties", "deliveryWithResourceIdentity", "destination", "properties", "queueName")
		if !slices.Contains(bindings(t), binding{"queueTrigger", fmt.Sprint(queue), "AzureWebJobsStorage"}) {
			t.Errorf("%s: no function listens to %v", name, queue)
		}
		want := []any{keyvault.SecretNewVersionCreated, keyvault.SecretNearExpiry, keyvault.SecretExpired}
		if diff := cmp.Diff(want, at(s, "properties", "filter", "includedEventTypes")); diff != "" {
			t.Errorf("%s: events %s", name, diff)
		}
		topics := made(row.d, "Microsoft.EventGrid/systemTopics")
		if len(topics) != row.topics {
			t.Errorf("%s: %d topics", name, len(topics))
		}
		for _, topic := range topics {
			if at(topic, "identity", "type") != "SystemAssigned" || at(topic, "properties", "topicType") != "Microsoft.KeyVault.vaults" {
				t.Errorf("%s: the topic is %v", name, topic.Body)
			}
		}
	}
}

// azd down deletes each resource group that its deployment touched (Azure/azure-dev#2916).
func TestNothingIsDeployedIntoTheGroupOfAnExistingVault(t *testing.T) {
	for name, params := range scenarios {
		d := deploy(t, params)
		for _, r := range d.Resources {
			if !r.Existing && r.Type != "Microsoft.Resources/resourceGroups" && !strings.HasPrefix(r.ID, "/rg-dev/") {
				t.Errorf("%s: %s is in another group", name, r.ID)
			}
			if params["existingVaultName"] != nil && (strings.Contains(r.ID+r.Scope, "/Microsoft.KeyVault/") && r.Name != "none" || strings.HasPrefix(r.Type, "Microsoft.EventGrid/")) {
				t.Errorf("%s: %s belongs to the existing vault", name, r.ID)
			}
		}
	}
}
