package arm

import (
	"crypto/hmac"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
)

// storage: specification/storage/resource-manager/Microsoft.Storage, StorageAccounts_ListKeys and
// StorageAccounts_RegenerateKey.
var storage = &service{
	kind: "Microsoft.Storage/storageAccounts", oldest: "2016-01-01", newest: "2026-09-01",
	names: []string{"key1", "key2"}, generate: base64Key(64), localAuth: allowSharedKey, busy: busyConflict,
	actions: []action{
		list("listKeys", "listkeys/action", storageKeys),
		regenerateBy("regenerateKey", "regeneratekey/action", "keyName", map[string]string{"key1": "key1", "key2": "key2"}),
	},
	regenerated: showing(storageKeys),
	hosts: func(id resourceID) (hosts []string) {
		for _, each := range storageServices {
			hosts = append(hosts, id.name()+"."+each+".core.windows.net")
		}
		return hosts
	},
	properties: func(id resourceID, properties map[string]any) {
		endpoints := map[string]string{}
		for _, each := range storageServices {
			endpoints[each] = "https://" + id.name() + "." + each + ".core.windows.net/"
		}
		properties["primaryEndpoints"] = endpoints
	},
	data: serveStorage,
}

var storageServices = []string{"blob", "queue", "table", "file", "dfs"}

// storageKeys shows what was recorded in Azure/azure-sdk-for-go (permissions in capitals).
func storageKeys(r *resource) any {
	keys := []map[string]any{}
	for _, key := range r.currentKeys() {
		keys = append(keys, map[string]any{"creationTime": stampTime(key.Created), "keyName": key.Name, "value": key.Value, "permissions": "FULL"})
	}
	return map[string]any{"keys": keys}
}

// serveStorage checks a request that is signed with Shared Key, and serves what proves a key: the
// properties of a service, and empty lists. Rules: MicrosoftDocs/azure-docs
// articles/storage/common and the REST reference's "Authorize with Shared Key".
func serveStorage(c *dataCall) {
	kind := strings.Split(hostOf(c.r), ".")[1]
	c.w.Header().Set("x-ms-version", c.r.Header.Get("x-ms-version"))
	c.w.Header().Set("x-ms-request-id", newRequestID())
	scheme, credentials, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	account, signature, _ := strings.Cut(credentials, ":")
	switch {
	case scheme == "":
		c.storageError(http.StatusUnauthorized, "NoAuthenticationInformation", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.")
	case scheme != "SharedKey" || !strings.EqualFold(account, c.first().id.name()) || !c.storageDateIsValid():
		c.storageError(http.StatusForbidden, "AuthenticationFailed", "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.")
	case c.localAuthDisabled():
		c.storageError(http.StatusForbidden, "KeyBasedAuthenticationNotPermitted", "Key based authentication is not permitted on this storage account.")
	case !c.storageSigned(kind, signature):
		c.storageError(http.StatusForbidden, "AuthenticationFailed", "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.")
	default:
		c.serveStorageData(kind)
	}
}

func (c *dataCall) storageSigned(kind, signature string) bool {
	text := storageStringToSign(c.r, c.first().id.name(), kind == "table")
	sent, err := base64.StdEncoding.DecodeString(signature)
	return err == nil && slices.ContainsFunc(c.first().currentKeys(), func(key Key) bool {
		return hmac.Equal(sent, signature256(decode(key.Value), text))
	})
}

// storageDateIsValid reports whether the request was signed within the last 15 minutes.
func (c *dataCall) storageDateIsValid() bool {
	date := c.r.Header.Get("x-ms-date")
	if date == "" {
		date = c.r.Header.Get("Date")
	}
	return c.isRecent(date, 15*time.Minute)
}

// serveStorageData answers requests for the account. It holds no containers, queues or tables.
func (c *dataCall) serveStorageData(kind string) {
	query := c.r.URL.Query()
	switch {
	case c.r.Method != http.MethodGet:
		c.storageError(http.StatusMethodNotAllowed, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.")
	case kind == "table" && c.r.URL.Path == "/Tables":
		c.json(http.StatusOK, map[string]any{"odata.metadata": "https://" + c.r.Host + "/$metadata#Tables", "value": []any{}})
	case query.Get("restype") == "service" && query.Get("comp") == "properties" || kind == "table" && query.Get("comp") == "properties":
		c.xml(http.StatusOK, "<StorageServiceProperties><HourMetrics><Version>1.0</Version><Enabled>false</Enabled><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></HourMetrics><Cors/></StorageServiceProperties>")
	case query.Get("comp") == "list" && kind == "blob":
		c.xml(http.StatusOK, `<EnumerationResults ServiceEndpoint="https://`+c.r.Host+`/"><Containers/><NextMarker/></EnumerationResults>`)
	case query.Get("comp") == "list" && kind == "queue":
		c.xml(http.StatusOK, `<EnumerationResults ServiceEndpoint="https://`+c.r.Host+`/"><Queues/><NextMarker/></EnumerationResults>`)
	default:
		c.storageError(http.StatusNotFound, "ResourceNotFound", "The specified resource does not exist.")
	}
}

func (c *dataCall) storageError(status int, code, message string) {
	c.w.Header().Set("x-ms-error-code", code)
	c.xml(status, "<Error><Code>"+code+"</Code><Message>"+message+"</Message></Error>")
}
