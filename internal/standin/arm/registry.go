package arm

import (
	"crypto/rand"
	"net/http"
	"strings"
)

// registry: specification/containerregistry/resource-manager/Microsoft.ContainerRegistry,
// Registries_ListCredentials and Registries_RegenerateCredential.
var registry = &service{
	kind: "Microsoft.ContainerRegistry/registries", oldest: "2017-03-01", newest: "2025-11-01",
	names: []string{"password", "password2"}, generate: textKey, busy: busyConflict, localAuth: &off{"adminUserEnabled", false, true},
	actions: []action{
		post(List, "listCredentials", "listCredentials/action", func(c *call) (answer, error) {
			if c.resource.faults.current().LocalAuthDisabled {
				return answer{}, refuse(http.StatusBadRequest, "UnAuthorizedForCredentialOperations", "Cannot perform credential operations for %s as admin user is disabled. Kindly enable admin user as per docs: https://docs.microsoft.com/en-us/azure/container-registry/container-registry-authentication#admin-account", c.resource.id.text)
			}
			return ok(credentials(c.resource)), nil
		}),
		regenerateBy("regenerateCredential", "regenerateCredential/action", "name", map[string]string{"password": "password", "password2": "password2"}),
	},
	regenerated: showing(credentials),
	hosts:       func(id resourceID) []string { return []string{id.name() + ".azurecr.io"} },
	properties:  func(id resourceID, properties map[string]any) { properties["loginServer"] = id.name() + ".azurecr.io" },
	data:        serveRegistry,
}

func credentials(r *resource) any {
	passwords := []map[string]string{}
	for _, key := range r.currentKeys() {
		passwords = append(passwords, map[string]string{"name": key.Name, "value": key.Value})
	}
	return map[string]any{"username": r.id.name(), "passwords": passwords}
}

// serveRegistry checks Basic credentials, and serves what docker login asks: /v2/, and a token
// (distribution/distribution docs/content/spec/api.md and spec/auth/token.md).
func serveRegistry(c *dataCall) {
	c.w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	user, password, ok := c.r.BasicAuth()
	good := ok && strings.EqualFold(user, c.first().id.name()) && c.first().holds(password) && !c.localAuthDisabled()
	switch {
	case !good:
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="https://`+c.r.Host+`/oauth2/token",service="`+c.r.Host+`"`)
		c.registryError(http.StatusUnauthorized, "UNAUTHORIZED", "authentication required, visit https://aka.ms/acr/authorization for more information.")
	case c.r.URL.Path == "/v2/":
		c.json(http.StatusOK, map[string]any{})
	case c.r.URL.Path == "/v2/_catalog":
		c.json(http.StatusOK, map[string]any{"repositories": []string{}})
	case c.r.URL.Path == "/oauth2/token":
		c.json(http.StatusOK, map[string]string{"access_token": rand.Text()})
	default:
		c.registryError(http.StatusNotFound, "NAME_UNKNOWN", "repository name not known to registry")
	}
}

func (c *dataCall) registryError(status int, code, message string) {
	c.json(status, map[string]any{"errors": []map[string]any{{"code": code, "message": message, "detail": nil}}})
}
