package arm

import (
	"crypto/hmac"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// cosmos: specification/cosmos-db/resource-manager/Microsoft.DocumentDB,
// DatabaseAccounts_ListKeys and DatabaseAccounts_RegenerateKey. The headers of asynchronous
// operations are recorded in Azure/azure-sdk-for-js sdk/cosmosdb/arm-cosmosdb/recordings/node/
// cosmosdb_test/recording_databaseaccounts_delete_test.js; the status Dequeued is in
// Azure/azure-sdk-for-net#44079.
var cosmos = &service{
	kind: "Microsoft.DocumentDB/databaseAccounts", oldest: "2015-04-08", newest: "2026-07-15",
	names:    []string{"primaryMasterKey", "secondaryMasterKey", "primaryReadonlyMasterKey", "secondaryReadonlyMasterKey"},
	generate: base64Key(64), localAuth: disableLocalAuth, busy: busyCosmos,
	actions: []action{
		list("listKeys", "listKeys/action", func(r *resource) any {
			body := map[string]string{}
			for _, key := range r.currentKeys() {
				body[key.Name] = key.Value
			}
			return body
		}),
		list("readonlykeys", "readonlykeys/action", pair("primaryReadonlyMasterKey", "secondaryReadonlyMasterKey")),
		regenerateBy("regenerateKey", "regenerateKey/action", "keyKind", map[string]string{
			"primary": "primaryMasterKey", "secondary": "secondaryMasterKey",
			"primaryReadonly": "primaryReadonlyMasterKey", "secondaryReadonly": "secondaryReadonlyMasterKey",
		}),
	},
	regenerated: func(*resource, string) answer { return answer{status: http.StatusOK} },
	async: &async{
		statusPath: "operationsStatus", resultPath: "operationResults", running: "Dequeued",
		announce: map[string]string{"status": "Enqueued"},
	},
	hosts: func(id resourceID) []string {
		return []string{id.name() + ".documents.azure.com", id.name() + "-" + location + ".documents.azure.com"}
	},
	properties: func(id resourceID, properties map[string]any) {
		properties["documentEndpoint"] = "https://" + id.name() + ".documents.azure.com:443/"
	},
	data: serveCosmos,
}

// serveCosmos checks a request that is signed with a master key, and serves the account and an
// empty list of databases. Rules: the REST reference's "Access control on Cosmos DB resources",
// as in Azure/azure-sdk-for-go sdk/data/azcosmos/shared_key_credential.go.
func serveCosmos(c *dataCall) {
	c.w.Header().Set("x-ms-activity-id", newRequestID())
	c.w.Header().Set("x-ms-gatewayversion", "version=2.14.0")
	key, found := c.cosmosKey()
	switch {
	case c.r.Header.Get("Authorization") == "":
		c.cosmosError(http.StatusUnauthorized, "Unauthorized", "Required Header authorization is missing. Ensure a valid Authorization token is passed.")
	case c.localAuthDisabled():
		c.w.Header().Set("x-ms-substatus", "5202")
		c.cosmosError(http.StatusUnauthorized, "Unauthorized", "Local Authorization is disabled. Use an AAD token to authorize all requests.")
	case !c.isRecent(c.r.Header.Get("x-ms-date"), 15*time.Minute):
		c.cosmosError(http.StatusForbidden, "Forbidden", "The authorization token is not valid at the current time. Please provide a valid token.")
	case !found:
		c.cosmosError(http.StatusUnauthorized, "Unauthorized", "The input authorization token can't serve the request. The wrong key is being used or the expected payload is not built as per the protocol.")
	case strings.Contains(key.Name, "Readonly") && !c.isCosmosRead():
		c.cosmosError(http.StatusForbidden, "Forbidden", "The given request ["+c.r.Method+" "+c.r.URL.Path+"] cannot be authorized by a read-only key.")
	default:
		c.serveCosmosData()
	}
}

func (c *dataCall) isCosmosRead() bool {
	return c.r.Method == http.MethodGet || strings.EqualFold(c.r.Header.Get("x-ms-documentdb-isquery"), "true") || strings.EqualFold(c.r.Header.Get("x-ms-documentdb-query"), "true")
}

// cosmosKey returns the key that signed the request.
func (c *dataCall) cosmosKey() (Key, bool) {
	token, err := url.QueryUnescape(c.r.Header.Get("Authorization"))
	if err != nil {
		return Key{}, false
	}
	parts := strings.SplitN(token, "&", 3)
	if len(parts) != 3 || parts[0] != "type=master" || parts[1] != "ver=1.0" || !strings.HasPrefix(parts[2], "sig=") {
		return Key{}, false
	}
	sent, err := base64.StdEncoding.DecodeString(parts[2][len("sig="):])
	if err != nil {
		return Key{}, false
	}
	kind, link := cosmosLink(c.r.URL.Path)
	text := strings.ToLower(c.r.Method) + "\n" + kind + "\n" + link + "\n" + strings.ToLower(c.r.Header.Get("x-ms-date")) + "\n\n"
	keys := c.first().currentKeys()
	at := slices.IndexFunc(keys, func(key Key) bool { return hmac.Equal(sent, signature256(decode(key.Value), text)) })
	if at < 0 {
		return Key{}, false
	}
	return keys[at], true
}

// cosmosLink returns the type and the link that are signed for a path: for a feed, such as
// dbs/x/colls, the link is that of its parent.
func cosmosLink(path string) (kind, link string) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if parts[0] == "" {
		return "", ""
	}
	if len(parts)%2 == 1 {
		return parts[len(parts)-1], strings.Join(parts[:len(parts)-1], "/")
	}
	return parts[len(parts)-2], strings.Join(parts, "/")
}

func (c *dataCall) serveCosmosData() {
	switch strings.Trim(c.r.URL.Path, "/") {
	case "":
		place := []map[string]string{{"name": "West Europe", "databaseAccountEndpoint": "https://" + c.first().id.name() + "-" + location + ".documents.azure.com:443/"}}
		c.json(http.StatusOK, map[string]any{
			"_self": "", "id": c.first().id.name(), "_rid": c.first().id.name() + ".documents.azure.com", "media": "//media/", "addresses": "//addresses/", "_dbs": "//dbs/",
			"writableLocations": place, "readableLocations": place, "enableMultipleWriteLocations": false,
			"userReplicationPolicy":    map[string]any{"asyncReplication": false, "minReplicaSetSize": 3, "maxReplicasetSize": 4},
			"userConsistencyPolicy":    map[string]string{"defaultConsistencyLevel": "Session"},
			"systemReplicationPolicy":  map[string]any{"minReplicaSetSize": 3, "maxReplicasetSize": 4},
			"readPolicy":               map[string]any{"primaryReadCoefficient": 1, "secondaryReadCoefficient": 1},
			"queryEngineConfiguration": "{}",
		})
	case "dbs":
		c.json(http.StatusOK, map[string]any{"_rid": "", "Databases": []any{}, "_count": 0})
	default:
		c.cosmosError(http.StatusNotFound, "NotFound", "Message: {\"Errors\":[\"Resource Not Found.\"]}")
	}
}

func (c *dataCall) cosmosError(status int, code, message string) {
	c.json(status, map[string]string{"code": code, "message": message + "\r\nActivityId: " + c.w.Header().Get("x-ms-activity-id") + ", Microsoft.Azure.Documents.Common/2.14.0"})
}
