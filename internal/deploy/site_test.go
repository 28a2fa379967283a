package deploy_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/deploy/bicep"
)

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
