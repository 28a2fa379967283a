package arm

import (
	"net/http"
	"strings"
)

// cognitive: specification/cognitiveservices/resource-manager/Microsoft.CognitiveServices,
// Accounts_ListKeys and Accounts_RegenerateKey.
var cognitive = &service{
	kind: "Microsoft.CognitiveServices/accounts", oldest: "2017-04-18", newest: "2026-09-01",
	names: []string{"key1", "key2"}, generate: hexKey, busy: busyConflict, localAuth: disableLocalAuth,
	actions: []action{
		post(List, "listKeys", "listKeys/action", func(c *call) (answer, error) {
			if c.resource.faults.current().LocalAuthDisabled {
				return answer{}, badRequest("Failed to list key. disableLocalAuth is set to be true")
			}
			return ok(pair("key1", "key2")(c.resource)), nil
		}),
		regenerateBy("regenerateKey", "regenerateKey/action", "keyName", map[string]string{"Key1": "key1", "Key2": "key2"}),
	},
	regenerated: showing(pair("key1", "key2")),
	hosts: func(id resourceID) []string {
		return []string{id.name() + ".cognitiveservices.azure.com", id.name() + ".openai.azure.com", id.name() + ".services.ai.azure.com"}
	},
	properties: func(id resourceID, properties map[string]any) {
		properties["endpoint"] = "https://" + id.name() + ".cognitiveservices.azure.com/"
	},
	data: serveCognitive,
}

// serveCognitive checks the header api-key of OpenAI, and Ocp-Apim-Subscription-Key of all others.
func serveCognitive(c *dataCall) {
	key := c.r.Header.Get("api-key")
	if key == "" {
		key = c.r.Header.Get("Ocp-Apim-Subscription-Key")
	}
	switch {
	case c.localAuthDisabled():
		c.cognitiveError(http.StatusForbidden, "AuthenticationTypeDisabled", "Key based authentication is disabled for this resource.")
	case !c.first().holds(key):
		c.cognitiveError(http.StatusUnauthorized, "401", "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.")
	case strings.EqualFold(strings.TrimSuffix(c.r.URL.Path, "/"), "/openai/models"):
		c.json(http.StatusOK, map[string]any{"data": []any{}, "object": "list"})
	default:
		c.cognitiveError(http.StatusNotFound, "404", "Resource not found")
	}
}

func (c *dataCall) cognitiveError(status int, code, message string) {
	c.json(status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}
