package arm

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// messaging are the authorization rules of Service Bus, Event Hubs, Relay and Notification Hubs:
// specification/servicebus, eventhub, relay and notificationhubs, the operations ListKeys and
// RegenerateKeys of namespaces and of what is in them.
var messaging = []*service{
	rule("Microsoft.ServiceBus/namespaces/AuthorizationRules", "keyType", "2015-08-01", "2026-01-01"),
	rule("Microsoft.ServiceBus/namespaces/queues/authorizationRules", "keyType", "2015-08-01", "2026-01-01"),
	rule("Microsoft.ServiceBus/namespaces/topics/authorizationRules", "keyType", "2015-08-01", "2026-01-01"),
	rule("Microsoft.EventHub/namespaces/authorizationRules", "keyType", "2015-08-01", "2026-01-01"),
	rule("Microsoft.EventHub/namespaces/eventhubs/authorizationRules", "keyType", "2015-08-01", "2026-01-01"),
	rule("Microsoft.Relay/namespaces/authorizationRules", "keyType", "2016-07-01", "2026-01-01"),
	rule("Microsoft.Relay/namespaces/hybridConnections/authorizationRules", "keyType", "2016-07-01", "2026-01-01"),
	rule("Microsoft.Relay/namespaces/wcfRelays/authorizationRules", "keyType", "2016-07-01", "2026-01-01"),
	rule("Microsoft.NotificationHubs/namespaces/authorizationRules", "policyKey", "2014-09-01", "2023-10-01"),
	rule("Microsoft.NotificationHubs/namespaces/notificationHubs/authorizationRules", "policyKey", "2014-09-01", "2023-10-01"),
}

// rule returns the row of a kind of authorization rule. field is what the body of regenerateKeys
// has: keyType, or policyKey.
func rule(kind, field, oldest, newest string) *service {
	s := &service{
		kind: kind, oldest: oldest, newest: newest, names: []string{"primaryKey", "secondaryKey"},
		generate: base64Key(32), busy: busyConflict, regenerated: showing(ruleKeys),
		actions: []action{
			list("listKeys", "listkeys/action", ruleKeys),
			regenerateBy("regenerateKeys", "regenerateKeys/action", field, map[string]string{"PrimaryKey": "primaryKey", "SecondaryKey": "secondaryKey"}),
		},
		hosts: func(id resourceID) []string { return []string{id.name() + ".servicebus.windows.net"} },
		properties: func(_ resourceID, properties map[string]any) {
			properties["rights"] = []string{"Listen", "Manage", "Send"}
			delete(properties, "provisioningState")
		},
		parent: func(id resourceID, properties map[string]any) {
			properties["serviceBusEndpoint"] = "https://" + id.name() + ".servicebus.windows.net:443/"
		},
		data: serveMessaging,
	}
	if strings.HasPrefix(kind, "Microsoft.ServiceBus/") || strings.HasPrefix(kind, "Microsoft.EventHub/") {
		s.parentAuth = disableLocalAuth
	}
	return s
}

func ruleKeys(r *resource) any {
	connect := func(key string) string {
		text := "Endpoint=sb://" + r.id.name() + ".servicebus.windows.net/;SharedAccessKeyName=" + r.id.last() + ";SharedAccessKey=" + key
		if len(r.id.names) > 2 {
			text += ";EntityPath=" + r.id.names[1]
		}
		return text
	}
	return map[string]any{
		"primaryKey": r.key("primaryKey"), "secondaryKey": r.key("secondaryKey"), "keyName": r.id.last(),
		"primaryConnectionString": connect(r.key("primaryKey")), "secondaryConnectionString": connect(r.key("secondaryKey")),
	}
}

// covers reports whether the token is for an address: the resource, or above it.
func (t sharedAccess) covers(host, path string) bool {
	scope, err := url.QueryUnescape(t.scope)
	if err != nil {
		return false
	}
	scope, _, _ = strings.Cut(scope, "?") // which some clients include
	_, rest, found := strings.Cut(strings.ToLower(scope), "://")
	if !found {
		rest = strings.ToLower(scope)
	}
	return within(host+path, strings.TrimSuffix(rest, "/"))
}

// serveMessaging checks a request that carries a shared access signature, and serves the
// management operations of a namespace, which prove a key: $Resources and $namespaceinfo. The
// message about keys that are off is quoted in Azure/azure-sdk-for-java#37010.
func serveMessaging(c *dataCall) {
	token, ok := readSharedAccess(c.r.Header.Get("Authorization"))
	switch {
	case c.r.Header.Get("Authorization") == "":
		c.messagingError(http.StatusUnauthorized, "MissingToken: The authorization header was not found.")
	case !ok:
		c.messagingError(http.StatusUnauthorized, "MalformedToken: The token has an invalid format.")
	case token.hasExpired(c.server.options.Now()):
		c.messagingError(http.StatusUnauthorized, "ExpiredToken: The token is expired.")
	case !token.covers(hostOf(c.r), c.r.URL.Path):
		c.messagingError(http.StatusUnauthorized, "InvalidAudience: The authorization header contains a token for another audience.")
	case c.localAuthDisabled():
		c.messagingError(http.StatusUnauthorized, "LocalAuthDisabled: Authorization failed because SAS authentication has been disabled for the namespace.")
	case !c.hasRule(token):
		c.messagingError(http.StatusUnauthorized, "InvalidSignature: The token has an invalid signature.")
	case c.first().isRelay():
		c.serveRelay()
	case c.first().id.namespace() == "Microsoft.NotificationHubs":
		c.serveHubs()
	default:
		c.serveNamespace()
	}
}

// hasRule reports whether one of the rules that the path allows signed the token.
func (c *dataCall) hasRule(token sharedAccess) bool {
	return slices.ContainsFunc(c.resources, func(r *resource) bool {
		return r.id.last() == token.key && r.covers(c.r.URL.Path) && slices.ContainsFunc(r.currentKeys(), func(key Key) bool {
			return token.signedBy([]byte(key.Value)) // the text, not what it encodes
		})
	})
}

// covers reports whether a rule is valid at a path: the rule of an entity, only at the entity's.
func (r *resource) covers(path string) bool {
	return len(r.id.names) < 3 || within(path, "/"+r.id.names[1])
}

// serveNamespace answers with the Atom that the management clients read. There are no entities
// other than those with a rule.
func (c *dataCall) serveNamespace() {
	path := strings.Trim(c.r.URL.Path, "/")
	switch {
	case c.r.Method != http.MethodGet && c.r.Method != http.MethodHead:
		c.messagingError(http.StatusMethodNotAllowed, "The specified HTTP verb ("+c.r.Method+") is not valid.")
	case strings.EqualFold(path, "$namespaceinfo"):
		c.atom(`<entry xmlns="http://www.w3.org/2005/Atom"><id>https://` + c.r.Host + `/$namespaceinfo</id><title type="text">` + c.first().id.name() + `</title><content type="application/xml"><NamespaceInfo xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><CreatedTime>2026-01-01T00:00:00Z</CreatedTime><MessagingSKU>Standard</MessagingSKU><ModifiedTime>2026-01-01T00:00:00Z</ModifiedTime><Name>` + c.first().id.name() + `</Name><NamespaceType>Messaging</NamespaceType></NamespaceInfo></content></entry>`)
	case strings.HasPrefix(strings.ToLower(path), "$resources/"):
		c.feed(path)
	default: // an entity that is not there is an empty feed
		c.feed("Publicly Listed Services")
	}
}

func (c *dataCall) feed(title string) {
	c.atom(`<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">` + escape(title) + `</title><id>https://` + escape(c.r.Host+c.r.URL.Path) + `</id><updated>2026-01-01T00:00:00Z</updated><generator>Service Bus 1.1</generator></feed>`)
}

func escape(text string) string {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(text)) // a strings.Builder does not fail
	return escaped.String()
}

func (c *dataCall) atom(body string) {
	kind := "entry"
	if strings.HasPrefix(body, "<feed") {
		kind = "feed"
	}
	c.w.Header().Set("Content-Type", "application/atom+xml;type="+kind+";charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write([]byte(body)) // the caller may have gone
}

// messagingError has the form that the management clients read.
func (c *dataCall) messagingError(status int, detail string) {
	detail += " TrackingId:" + newRequestID() + ", SystemTracker:" + hostOf(c.r) + ", Timestamp:" + c.server.options.Now().UTC().Format("2006-01-02T15:04:05")
	c.w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	c.w.WriteHeader(status)
	_, _ = c.w.Write([]byte("<Error><Code>" + strconv.Itoa(status) + "</Code><Detail>" + escape(detail) + "</Detail></Error>")) // the caller may have gone
}
