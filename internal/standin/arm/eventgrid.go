package arm

import (
	"encoding/json"
	"net/http"
	"strings"
)

// eventGrid: specification/eventgrid/resource-manager/Microsoft.EventGrid,
// Topics_ListSharedAccessKeys, Topics_RegenerateKey, Domains_ListSharedAccessKeys and
// Domains_RegenerateKey. Of topics it is a long-running operation.
var eventGrid = []*service{
	publisher("Microsoft.EventGrid/topics", &async{resultPath: "operationResults", statusPath: "operationsStatus", retryAfter: "1", running: inProgress}),
	publisher("Microsoft.EventGrid/domains", nil),
}

func publisher(kind string, async *async) *service {
	return &service{
		kind: kind, oldest: "2018-01-01", newest: "2025-02-15", names: []string{"key1", "key2"},
		generate: base64Key(32), busy: busyConflict, localAuth: disableLocalAuth, async: async, regenerated: showing(pair("key1", "key2")),
		actions: []action{
			list("listKeys", "listKeys/action", pair("key1", "key2")),
			regenerateBy("regenerateKey", "regenerateKey/action", "keyName", map[string]string{"key1": "key1", "key2": "key2"}),
		},
		hosts: func(id resourceID) []string { return []string{publisherHost(id)} },
		properties: func(id resourceID, properties map[string]any) {
			properties["endpoint"] = "https://" + publisherHost(id) + "/api/events"
		},
		data: servePublisher,
	}
}

func publisherHost(id resourceID) string {
	return id.name() + "." + location + "-1.eventgrid.azure.net"
}

// servePublisher checks the header aeg-sas-key, then the events, of which it delivers none. The
// header is documented in MicrosoftDocs/azure-docs articles/event-grid/
// authenticate-with-access-keys-shared-access-signatures.md. What is said of a wrong key is in
// Azure/azure-sdk-for-python, sdk/eventgrid/azure-eventgrid/tests/test_exceptions.py; the other
// errors, and what no events are answered with, are not recorded.
func servePublisher(c *dataCall) {
	var events []json.RawMessage
	switch {
	case c.r.Method != http.MethodPost || !strings.EqualFold(c.r.URL.Path, "/api/events"):
		c.publisherError(http.StatusNotFound, "NotFound", "There is nothing at this path.")
	case c.r.Header.Get("aeg-sas-key") == "" || c.localAuthDisabled():
		c.publisherError(http.StatusUnauthorized, "Unauthorized", "Request must contain one of the following authorization signature: aeg-sas-token, aeg-sas-key.")
	case !c.first().holds(c.r.Header.Get("aeg-sas-key")):
		c.publisherError(http.StatusUnauthorized, "Unauthorized", "The request authorization key is not authorized for "+strings.ToUpper(hostOf(c.r))+".")
	case c.r.URL.Query().Get("api-version") == "":
		c.publisherError(http.StatusBadRequest, "BadRequest", "The api-version query parameter is required.")
	case json.Unmarshal(c.body, &events) != nil:
		c.publisherError(http.StatusBadRequest, "BadRequest", "This resource is configured to receive event in 'EventGridEvent' schema. The JSON received does not conform to the expected schema.")
	default:
		c.w.WriteHeader(http.StatusOK)
	}
}

func (c *dataCall) publisherError(status int, code, message string) {
	detail := map[string]string{"code": code, "message": message}
	c.json(status, map[string]any{"error": map[string]any{"code": code, "message": message, "details": []any{detail}}})
}
