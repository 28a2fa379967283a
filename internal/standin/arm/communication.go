package arm

import (
	"net/http"
	"strings"
)

// communication: specification/communication/resource-manager/Microsoft.Communication,
// CommunicationServices_ListKeys and CommunicationServices_RegenerateKey.
var communication = &service{
	kind: "Microsoft.Communication/communicationServices", oldest: "2020-08-20", newest: "2026-03-18",
	names: []string{"primaryKey", "secondaryKey"}, generate: base64Key(64), busy: busyConflict, localAuth: disableLocalAuth,
	actions: []action{
		list("listKeys", "ListKeys/action", communicationKeys),
		regenerateBy("regenerateKey", "RegenerateKey/action", "keyType", primaryOrSecondary),
	},
	regenerated: showing(communicationKeys),
	hosts:       func(id resourceID) []string { return []string{communicationHost(id)} },
	properties:  func(id resourceID, properties map[string]any) { properties["hostName"] = communicationHost(id) },
	data:        serveCommunication,
}

func communicationHost(id resourceID) string { return id.name() + ".europe.communication.azure.com" }

func communicationKeys(r *resource) any {
	return withStrings(pair("primaryKey", "secondaryKey"), func(r *resource, key string) string {
		return "endpoint=https://" + communicationHost(r.id) + "/;accesskey=" + key
	})(r)
}

// serveCommunication checks a request that is signed with HMAC-SHA256, as App Configuration's but
// without a credential's id (MicrosoftDocs/azure-docs
// articles/communication-services/tutorials/hmac-header-tutorial.md). It has no phone numbers.
func serveCommunication(c *dataCall) {
	_, description := c.signedRequest("", func(string) []Key { return c.first().currentKeys() })
	switch {
	case description != "" || c.localAuthDisabled():
		c.w.Header().Set("WWW-Authenticate", "HMAC-SHA256, Bearer")
		c.json(http.StatusUnauthorized, map[string]any{"error": map[string]string{"code": "Denied", "message": "Denied by the resource provider."}})
	case c.r.Method == http.MethodGet && strings.EqualFold(c.r.URL.Path, "/phoneNumbers"):
		c.json(http.StatusOK, map[string]any{"phoneNumbers": []any{}})
	default:
		c.json(http.StatusNotFound, map[string]any{"error": map[string]string{"code": "NotFound", "message": "Not found"}})
	}
}
