package arm

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// appConfiguration: specification/appconfiguration/resource-manager/Microsoft.AppConfiguration,
// ConfigurationStores_ListKeys and ConfigurationStores_RegenerateKey.
var appConfiguration = &service{
	kind: "Microsoft.AppConfiguration/configurationStores", oldest: "2019-02-01", newest: "2025-06-01",
	names:    []string{"Primary", "Secondary", "Primary Read Only", "Secondary Read Only"},
	generate: base64Key(32), busy: busyConflict, localAuth: disableLocalAuth,
	actions: []action{
		list("listKeys", "ListKeys/action", func(r *resource) any {
			found := []any{}
			for _, key := range r.currentKeys() {
				found = append(found, storeKey(r, key))
			}
			return map[string]any{"value": found}
		}),
		post(Regenerate, "regenerateKey", "RegenerateKey/action", (*call).regenerateByID),
	},
	regenerated: func(r *resource, name string) answer {
		keys := r.currentKeys()
		return ok(storeKey(r, keys[slices.IndexFunc(keys, func(key Key) bool { return key.Name == name })]))
	},
	hosts: func(id resourceID) []string { return []string{id.name() + ".azconfig.io"} },
	properties: func(id resourceID, properties map[string]any) {
		properties["endpoint"] = "https://" + id.name() + ".azconfig.io"
	},
	data: serveAppConfiguration,
}

func storeKey(r *resource, key Key) any {
	return map[string]any{
		"id": key.ID, "name": key.Name, "value": key.Value, "readOnly": strings.HasSuffix(key.Name, "Read Only"),
		"connectionString": "Endpoint=https://" + r.id.name() + ".azconfig.io;Id=" + key.ID + ";Secret=" + key.Value,
		"lastModified":     key.Created.UTC().Format("2006-01-02T15:04:05-07:00"),
	}
}

func (c *call) regenerateByID() (answer, error) {
	var body struct {
		ID string `json:"id"`
	}
	if err := c.read(&body); err != nil {
		return answer{}, err
	}
	keys := c.resource.currentKeys()
	at := slices.IndexFunc(keys, func(key Key) bool { return key.ID == body.ID })
	if at < 0 {
		return answer{}, refuse(http.StatusNotFound, "KeyNotFound", "The access key '%s' could not be found.", body.ID)
	}
	return c.regenerate(keys[at].Name)
}

// serveAppConfiguration checks a request that is signed with HMAC-SHA256, and serves empty lists.
// Rules and errors: MicrosoftDocs/azure-docs
// articles/azure-app-configuration/rest-api-authentication-hmac.md.
func serveAppConfiguration(c *dataCall) {
	key, description := c.signedRequest("Credential", func(id string) []Key {
		return slices.DeleteFunc(c.first().currentKeys(), func(key Key) bool { return key.ID != id })
	})
	switch {
	case !strings.HasPrefix(c.r.Header.Get("Authorization"), hmacScheme+" "):
		c.w.Header().Set("WWW-Authenticate", "HMAC-SHA256, Bearer")
		c.w.WriteHeader(http.StatusUnauthorized)
	case description != "":
		c.w.Header().Set("WWW-Authenticate", `HMAC-SHA256 error="invalid_token" error_description="`+description+`", Bearer`)
		c.w.WriteHeader(http.StatusUnauthorized)
	case c.localAuthDisabled():
		c.problem(http.StatusForbidden, "forbidden", "Access to the configuration store using access keys is disabled.")
	case c.r.URL.Query().Get("api-version") == "":
		c.problem(http.StatusBadRequest, "invalid-argument", "API version is not specified")
	case c.r.Method != http.MethodGet && strings.HasSuffix(key.Name, "Read Only"):
		c.problem(http.StatusForbidden, "forbidden", "The access key is read-only.")
	case c.r.Method == http.MethodGet && slices.Contains([]string{"/keys", "/kv", "/labels", "/revisions", "/snapshots"}, c.r.URL.Path):
		c.w.Header().Set("Content-Type", "application/vnd.microsoft.appconfig."+strings.Trim(c.r.URL.Path, "/")+"et+json; charset=utf-8")
		_, _ = c.w.Write([]byte(`{"items":[]}`)) // the caller may have gone
	default:
		c.w.WriteHeader(http.StatusNotFound)
	}
}

func (c *dataCall) problem(status int, kind, title string) {
	c.w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	c.w.WriteHeader(status)
	_, _ = c.w.Write([]byte(`{"type":"https://azconfig.io/errors/` + kind + `","title":"` + title + `","status":` + strconv.Itoa(status) + `}`)) // the caller may have gone
}
