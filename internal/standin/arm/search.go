package arm

import (
	"net/http"
	"slices"
	"strings"
)

// search: specification/search/resource-manager/Microsoft.Search, AdminKeys_Get,
// AdminKeys_Regenerate, QueryKeys_ListBySearchService, QueryKeys_Create and QueryKeys_Delete.
var search = &service{
	kind: "Microsoft.Search/searchServices", oldest: "2015-08-19", newest: "2025-05-01",
	names: []string{"primaryKey", "secondaryKey", queryKey}, generate: textKey, busy: busyConflict, localAuth: disableLocalAuth,
	actions: []action{
		list("listAdminKeys", "listAdminKeys/action", pair("primaryKey", "secondaryKey")),
		post(Regenerate, "regenerateAdminKey/primary", "regenerateAdminKey/action", func(c *call) (answer, error) { return c.regenerate("primaryKey") }),
		post(Regenerate, "regenerateAdminKey/secondary", "regenerateAdminKey/action", func(c *call) (answer, error) { return c.regenerate("secondaryKey") }),
		list("listQueryKeys", "listQueryKeys/action", queryKeys),
		post(Regenerate, "createQueryKey/*", "createQueryKey/action", (*call).createQueryKey),
		{Regenerate, http.MethodDelete, []string{"deleteQueryKey", "*"}, "deleteQueryKey/delete", (*call).deleteQueryKey},
	},
	regenerated: showing(pair("primaryKey", "secondaryKey")),
	hosts:       func(id resourceID) []string { return []string{id.name() + ".search.windows.net"} },
	data:        serveSearch,
}

// queryKey is the query key that every service has at first. It has no name.
const queryKey = ""

// maxQueryKeys is the limit of a service (MicrosoftDocs/azure-docs
// articles/search/search-security-api-keys.md).
const maxQueryKeys = 50

func queryKeys(r *resource) any {
	found := []map[string]string{}
	for _, key := range r.currentKeys() {
		if key.Query {
			found = append(found, map[string]string{"name": key.Name, "key": key.Value})
		}
	}
	return map[string]any{"value": found, "nextLink": nil}
}

func (c *call) createQueryKey() (answer, error) {
	r, made := c.resource, Key{Name: c.rest[1], Value: c.resource.service.generate(), Query: true, Created: c.server.options.Now()}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.keys) >= maxQueryKeys+2 /* the admin keys */ {
		return answer{}, badRequest("The maximum number of query keys (%d) has been reached.", maxQueryKeys)
	}
	r.keys = append(r.keys, made)
	return ok(map[string]string{"name": made.Name, "key": made.Value}), nil
}

func (c *call) deleteQueryKey() (answer, error) {
	r := c.resource
	r.mu.Lock()
	defer r.mu.Unlock()
	before := len(r.keys)
	r.keys = slices.DeleteFunc(r.keys, func(key Key) bool { return key.Query && key.Value == c.rest[1] })
	if len(r.keys) == before {
		return answer{status: http.StatusNoContent}, nil
	}
	return ok(map[string]any{}), nil
}

// serveSearch checks the header api-key. A query key reads documents of indexes, and nothing else.
func serveSearch(c *dataCall) {
	key, found := c.searchKey(c.r.Header.Get("api-key"))
	query := strings.Contains(c.r.URL.Path, "/docs")
	switch {
	case c.r.URL.Query().Get("api-version") == "":
		c.searchError(http.StatusBadRequest, "MissingApiVersionParameter", "The request is missing the required query parameter 'api-version'.")
	case !found || c.localAuthDisabled():
		c.w.WriteHeader(http.StatusForbidden)
	case key.Query && !query:
		c.w.WriteHeader(http.StatusForbidden)
	case strings.EqualFold(c.r.URL.Path, "/servicestats"):
		usage := map[string]any{"usage": 0, "quota": 15}
		c.json(http.StatusOK, map[string]any{
			"@odata.context": "https://" + c.r.Host + "/$metadata#Microsoft.Azure.Search.V2024_07_01.ServiceStatistics",
			"counters": map[string]any{
				"documentCount": usage, "indexesCount": usage, "indexersCount": usage, "dataSourcesCount": usage, "storageSize": usage,
				"synonymMaps": usage, "skillsetCount": usage, "vectorIndexSize": usage, "aliasesCount": usage,
			},
			"limits": map[string]any{"maxFieldsPerIndex": 1000, "maxFieldNestingDepthPerIndex": 10, "maxComplexCollectionFieldsPerIndex": 40, "maxComplexObjectsInCollectionsPerDocument": 3000},
		})
	case strings.EqualFold(c.r.URL.Path, "/indexes"):
		c.json(http.StatusOK, map[string]any{"value": []any{}})
	default:
		c.searchError(http.StatusNotFound, "", "No index with the name '"+strings.Trim(c.r.URL.Path, "/")+"' was found in the service '"+c.first().id.name()+"'.")
	}
}

func (c *dataCall) searchKey(value string) (Key, bool) {
	keys := c.first().currentKeys()
	at := slices.IndexFunc(keys, func(key Key) bool { return value != "" && key.Value == value })
	if at < 0 {
		return Key{}, false
	}
	return keys[at], true
}

func (c *dataCall) searchError(status int, code, message string) {
	c.json(status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}
