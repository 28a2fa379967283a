package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/deploy/bicep"
	"rotunda/internal/settings"
)

// appSettings returns the app settings as text. What only Azure knows is a client id or an
// address.
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

// byDefault are the settings that a deployment leaves to their defaults. The parameter settings
// can give others.
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
