package azurekeys

import "strings"

// refused are types of resource whose keys cannot be rotated, or not by this id, and why.
var refused = []struct{ resource, why string }{
	// operationalinsights, Workspaces_RegenerateSharedKey: it has no parameter that selects a key.
	{"Microsoft.OperationalInsights/workspaces", "Azure regenerates both keys of a Log Analytics workspace at once, so readers would fail. Send logs through the Logs Ingestion API with a managed identity."},
	// web, StaticSites_ResetStaticSiteApiKey.
	{"Microsoft.Web/staticSites", "A static web app has one deployment token, and no second key to move to."},
	// machinelearningservices, Workspaces_ResyncKeys: it fetches the keys of other resources again.
	{"Microsoft.MachineLearningServices/workspaces", "A Machine Learning workspace has no keys of its own. Rotate those of its storage account and registry, and then sync the workspace (az ml workspace sync-keys)."},
	{"Microsoft.Kusto/clusters", "Azure Data Explorer has no keys. Sign in to it with Microsoft Entra ID."},
	{"Microsoft.Databricks/workspaces", "Azure Databricks has no keys in Azure Resource Manager. Its tokens are made in the workspace; a managed identity needs none."},
	// iothub, IotHubResource_CreateOrUpdate: there is no action that regenerates a key.
	{"Microsoft.Devices/IotHubs", "Azure has no call that regenerates a key of an IoT hub. Replacing one means writing the whole hub again, with every policy in it, and whatever is left out of that is lost. Use Microsoft Entra ID for the service side."},
	{"Microsoft.Devices/provisioningServices", "Azure has no call that regenerates a key of a Device Provisioning Service. Replacing one means writing the whole service again, and whatever is left out of that is lost."},
	{"Microsoft.Cache/redisEnterprise", "The keys of Azure Managed Redis belong to its database. Add /databases/default to the id."},
	{"Microsoft.ServiceBus/namespaces", "The keys of a Service Bus namespace belong to its rules. Add /authorizationRules/ and the rule's name to the id, such as RootManageSharedAccessKey."},
	{"Microsoft.EventHub/namespaces", "The keys of an Event Hubs namespace belong to its rules. Add /authorizationRules/ and the rule's name to the id, such as RootManageSharedAccessKey."},
	{"Microsoft.Relay/namespaces", "The keys of a Relay namespace belong to its rules. Add /authorizationRules/ and the rule's name to the id."},
	{"Microsoft.NotificationHubs/namespaces", "The keys of a Notification Hubs namespace belong to its rules. Add /authorizationRules/ and the rule's name to the id."},
	{"Microsoft.ApiManagement/service", "The keys of API Management belong to its subscriptions. Add /subscriptions/ and the subscription's id."},
}

// whyRefused returns why the keys of a type of resource are not rotated, or "".
func whyRefused(resource string) string {
	for _, r := range refused {
		if strings.EqualFold(r.resource, resource) {
			return r.why
		}
	}
	return ""
}
