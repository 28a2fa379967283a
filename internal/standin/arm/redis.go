package arm

import "net/http"

// redisCache: specification/redis/resource-manager/Microsoft.Cache, Redis_ListKeys and
// Redis_RegenerateKey.
var redisCache = &service{
	kind: "Microsoft.Cache/redis", oldest: "2015-08-01", newest: "2024-11-01",
	names: []string{"primaryKey", "secondaryKey"}, generate: base64Key(32), busy: busyConflict,
	localAuth: &off{"disableAccessKeyAuthentication", true, false},
	actions: []action{
		list("listKeys", "listKeys/action", pair("primaryKey", "secondaryKey")),
		regenerateBy("regenerateKey", "regenerateKey/action", "keyType", primaryOrSecondary),
	},
	regenerated: showing(pair("primaryKey", "secondaryKey")),
	hosts:       func(id resourceID) []string { return []string{id.name() + ".redis.cache.windows.net"} },
	properties: func(id resourceID, properties map[string]any) {
		properties["hostName"], properties["sslPort"], properties["port"] = id.name()+".redis.cache.windows.net", 6380, 6379
		properties["enableNonSslPort"] = false
	},
	data: noHTTP,
}

// managedRedis: specification/redisenterprise/resource-manager/Microsoft.Cache, Databases_ListKeys
// and Databases_RegenerateKey.
var managedRedis = &service{
	kind: "Microsoft.Cache/redisEnterprise/databases", oldest: "2021-03-01", newest: "2026-08-01",
	names: []string{"primaryKey", "secondaryKey"}, generate: base64Key(32), busy: busyConflict,
	localAuth: &off{"accessKeysAuthentication", "Disabled", "Enabled"},
	actions: []action{
		list("listKeys", "listKeys/action", pair("primaryKey", "secondaryKey")),
		regenerateBy("regenerateKey", "regenerateKey/action", "keyType", primaryOrSecondary),
	},
	regenerated: showing(pair("primaryKey", "secondaryKey")),
	async:       &async{statusPath: "operationsStatus", resultPath: "operationsResult", retryAfter: "1", running: inProgress, resulting: true},
	hosts:       func(id resourceID) []string { return []string{id.name() + "." + location + ".redis.azure.net"} },
	properties: func(_ resourceID, properties map[string]any) {
		properties["port"], properties["clientProtocol"], properties["resourceState"] = 10000, "Encrypted", "Running"
	},
	parent: func(id resourceID, properties map[string]any) {
		properties["hostName"] = id.name() + "." + location + ".redis.azure.net"
	},
	data: noHTTP,
}

var primaryOrSecondary = map[string]string{"Primary": "primaryKey", "Secondary": "secondaryKey"}

// noHTTP is the data plane of Redis, which has a protocol of its own: see ServeRedis.
func noHTTP(c *dataCall) { c.text(http.StatusBadRequest, "This is Redis; it does not speak HTTP.") }
