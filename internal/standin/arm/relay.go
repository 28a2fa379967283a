package arm

import (
	"net/http"
	"slices"
	"strings"
)

// everyConnection is a hybrid connection that each Relay namespace has, besides those with rules.
const everyConnection = "echo"

func (r *resource) isRelay() bool { return r.id.namespace() == "Microsoft.Relay" }

// connections returns the hybrid connections of the namespace that a resource is part of.
func (s *Server) connections(of *resource) []string {
	found := []string{everyConnection}
	for _, each := range s.all() {
		if each.isRelay() && each.id.name() == of.id.name() && strings.EqualFold(each.id.kind, "Microsoft.Relay/namespaces/hybridConnections/authorizationRules") && !slices.Contains(found, each.id.names[1]) {
			found = append(found, each.id.names[1])
		}
	}
	return found
}

// listConnections is HybridConnections_ListByNamespace.
var listConnections = action{operation: Get, run: func(c *call) (answer, error) {
	const kind = "Microsoft.Relay/namespaces/hybridConnections"
	if !allowed(c.permissions(), kind+"/read") {
		return answer{}, authorizationFailed(c.caller.Client(), c.caller.ObjectID, kind+"/read", c.request.URL.Path)
	}
	value := []any{}
	for _, name := range c.server.connections(c.resource) {
		value = append(value, map[string]any{
			"id": c.request.URL.Path + "/" + name, "name": name, "type": kind,
			"properties": map[string]any{"createdAt": "2026-01-01T00:00:00Z", "listenerCount": 0, "requiresClientAuthorization": true},
		})
	}
	return ok(map[string]any{"value": value}), nil
}}

// serveRelay describes hybrid connections, as ManagementOperations.cs of Azure/azure-relay-dotnet
// asks for it. Without its header X-PROCESS-AT, a request is for a program that listens, of which
// there is none; how the service says so is not recorded.
func (c *dataCall) serveRelay() {
	path := strings.Trim(c.r.URL.Path, "/")
	at := slices.IndexFunc(c.server.connections(c.first()), func(name string) bool { return strings.EqualFold(name, path) })
	switch {
	case c.r.Header.Get("X-PROCESS-AT") != "ServiceBus":
		c.messagingError(http.StatusNotFound, "The requested endpoint has no listeners.")
	case at < 0:
		c.feed("Publicly Listed Services")
	default:
		c.atom(`<entry xmlns="http://www.w3.org/2005/Atom"><id>https://` + escape(c.r.Host+c.r.URL.Path) + `</id><title type="text">` + escape(path) + `</title><content type="application/xml"><HybridConnectionDescription xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Path>` + escape(path) + `</Path><RequiresClientAuthorization>true</RequiresClientAuthorization><ListenerCount>0</ListenerCount></HybridConnectionDescription></content></entry>`)
	}
}
