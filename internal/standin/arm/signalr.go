package arm

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// signalR and webPubSub: specification/signalr and specification/webpubsub, resource-manager/
// Microsoft.SignalRService, SignalR_ListKeys, SignalR_RegenerateKey, WebPubSub_ListKeys and
// WebPubSub_RegenerateKey; the 202 is in the examples SignalR_RegenerateKey.json of 2024-03-01.
var (
	signalR   = realTime("Microsoft.SignalRService/signalR", ".service.signalr.net")
	webPubSub = realTime("Microsoft.SignalRService/webPubSub", ".webpubsub.azure.com")
)

func realTime(kind, suffix string) *service {
	show := withStrings(pair("primaryKey", "secondaryKey"), func(r *resource, key string) string {
		return "Endpoint=https://" + r.id.name() + suffix + ";AccessKey=" + key + ";Version=1.0;"
	})
	return &service{
		kind: kind, oldest: "2018-10-01", newest: "2025-01-01", names: []string{"primaryKey", "secondaryKey"},
		generate: base64Key(32), busy: busyConflict, localAuth: disableLocalAuth, regenerated: showing(show),
		actions: []action{
			list("listKeys", "listKeys/action", show),
			regenerateBy("regenerateKey", "regenerateKey/action", "keyType", primaryOrSecondary),
		},
		async: &async{
			statusPath: "operationStatuses/" + kind[strings.Index(kind, "/")+1:], resultPath: "operationResults/" + kind[strings.Index(kind, "/")+1:], retryAfter: "1", running: inProgress,
			announce: map[string]any{},
		},
		hosts: func(id resourceID) []string { return []string{id.name() + suffix} },
		properties: func(id resourceID, properties map[string]any) {
			properties["hostName"], properties["publicPort"], properties["serverPort"] = id.name()+suffix, 443, 443
		},
		data: serveRealTime,
	}
}

// serveRealTime checks a bearer token that the key signed: HS256, for the request's URL, not
// expired. No connection is there. The rules are in MicrosoftDocs/azure-docs articles/
// azure-signalr/signalr-reference-data-plane-rest-api.md and
// azure-web-pubsub/reference-rest-api-data-plane.md.
func serveRealTime(c *dataCall) {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	healthy := strings.EqualFold(c.r.URL.Path, "/api/health") || strings.EqualFold(c.r.URL.Path, "/api/v1/health")
	switch {
	case healthy:
		c.w.WriteHeader(http.StatusOK)
	case !strings.EqualFold(scheme, "Bearer") || c.localAuthDisabled() || c.checkToken(token) != nil:
		c.w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="The signature key was not found"`)
		c.w.WriteHeader(http.StatusUnauthorized)
	case c.r.Method == http.MethodPost:
		c.w.WriteHeader(http.StatusAccepted)
	default:
		c.w.Header().Set("x-ms-error-code", "Error.Connection.NotExisted")
		c.w.WriteHeader(http.StatusNotFound)
	}
}

func (c *dataCall) checkToken(token string) error {
	var claims jwt.RegisteredClaims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(c.server.options.Now))
	var all error
	for _, key := range c.first().currentKeys() {
		_, err := parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return []byte(key.Value), nil })
		if err == nil {
			return c.checkAudience(claims.Audience)
		}
		all = errors.Join(all, err)
	}
	return all
}

// checkAudience accepts the URL of the request without its query, and the service's.
func (c *dataCall) checkAudience(audience []string) error {
	address := hostOf(c.r) + c.r.URL.EscapedPath()
	fits := slices.ContainsFunc(audience, func(one string) bool {
		one, _, _ = strings.Cut(one, "?") // which some clients include
		rest, found := strings.CutPrefix(strings.ToLower(one), "https://")
		return found && within(address, strings.TrimSuffix(rest, "/"))
	})
	if !fits {
		return errors.New("the token is for another audience")
	}
	return nil
}
