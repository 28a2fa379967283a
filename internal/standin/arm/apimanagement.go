package arm

import "net/http"

// apiManagement: specification/apimanagement/resource-manager/Microsoft.ApiManagement,
// Subscription_ListSecrets, Subscription_RegeneratePrimaryKey and
// Subscription_RegenerateSecondaryKey, which answer 204 without the key.
var apiManagement = &service{
	kind: "Microsoft.ApiManagement/service/subscriptions", oldest: "2016-07-07", newest: "2024-05-01",
	names: []string{"primaryKey", "secondaryKey"}, generate: hexKey, busy: busyConflict, regenerated: noContent,
	actions: []action{
		list("listSecrets", "listSecrets/action", pair("primaryKey", "secondaryKey")),
		post(Regenerate, "regeneratePrimaryKey", "regeneratePrimaryKey/action", func(c *call) (answer, error) { return c.regenerate("primaryKey") }),
		post(Regenerate, "regenerateSecondaryKey", "regenerateSecondaryKey/action", func(c *call) (answer, error) { return c.regenerate("secondaryKey") }),
	},
	hosts: func(id resourceID) []string { return []string{id.name() + ".azure-api.net"} },
	parent: func(id resourceID, properties map[string]any) {
		properties["gatewayUrl"] = "https://" + id.name() + ".azure-api.net"
	},
	properties: func(_ resourceID, properties map[string]any) {
		properties["state"] = "active"
		delete(properties, "provisioningState")
	},
	data: serveGateway,
}

// serveGateway checks the header Ocp-Apim-Subscription-Key, or the query subscription-key. Every
// path is an API of the product. The rules are in MicrosoftDocs/azure-docs
// articles/api-management/api-management-subscriptions.md.
func serveGateway(c *dataCall) {
	key := c.r.Header.Get("Ocp-Apim-Subscription-Key")
	if key == "" {
		key = c.r.URL.Query().Get("subscription-key")
	}
	_, found := c.holder(key)
	switch {
	case key == "":
		c.gatewayError("Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.")
	case !found:
		c.gatewayError("Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.")
	default:
		c.json(http.StatusOK, map[string]any{})
	}
}

func (c *dataCall) gatewayError(message string) {
	c.w.Header().Set("WWW-Authenticate", `AzureApiManagementKey realm="https://`+c.r.Host+c.r.URL.Path+`",name="Ocp-Apim-Subscription-Key",type="header"`)
	c.json(http.StatusUnauthorized, map[string]any{"statusCode": http.StatusUnauthorized, "message": message})
}
