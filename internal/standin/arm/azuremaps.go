package arm

import "net/http"

// azureMaps: specification/maps/resource-manager/Microsoft.Maps, Accounts_ListKeys and
// Accounts_RegenerateKeys.
var azureMaps = &service{
	kind: "Microsoft.Maps/accounts", oldest: "2018-05-01", newest: "2025-10-01",
	names: []string{"primaryKey", "secondaryKey"}, generate: textKey, busy: busyConflict, localAuth: disableLocalAuth,
	actions: []action{
		list("listKeys", "listKeys/action", mapsKeys),
		regenerateBy("regenerateKey", "regenerateKey/action", "keyType", map[string]string{"primary": "primaryKey", "secondary": "secondaryKey"}),
	},
	regenerated: showing(mapsKeys),
	hosts:       func(resourceID) []string { return []string{"atlas.microsoft.com"} },
	data:        serveMaps,
}

func mapsKeys(r *resource) any {
	body := map[string]string{}
	for _, key := range r.currentKeys() {
		body[key.Name], body[key.Name+"LastUpdated"] = key.Value, stampTime(key.Created)
	}
	return body
}

// serveMaps checks the key in the header or the query subscription-key. All accounts share the
// host (MicrosoftDocs/azure-docs articles/azure-maps/azure-maps-authentication.md).
func serveMaps(c *dataCall) {
	key := c.r.Header.Get("subscription-key")
	if key == "" {
		key = c.r.URL.Query().Get("subscription-key")
	}
	account, found := c.holder(key)
	switch {
	case !found || account.faults.current().LocalAuthDisabled:
		c.json(http.StatusUnauthorized, map[string]any{"error": map[string]string{"code": "401 Unauthorized", "message": "Unauthorized"}})
	case c.r.URL.Path == "/timezone/ianaVersion/json":
		c.json(http.StatusOK, map[string]string{"Version": "2026a"})
	case c.r.URL.Path == "/timezone/enumIana" || c.r.URL.Path == "/timezone/enumIana/json":
		c.json(http.StatusOK, []map[string]any{{"Id": "Europe/Berlin", "IsAlias": false, "HasZone1970Location": true}})
	default:
		c.json(http.StatusNotFound, map[string]any{"error": map[string]string{"code": "404 Not Found", "message": "Not found"}})
	}
}
