package arm

import (
	"net/http"
	"slices"
	"strings"
)

// web are the host keys of a function app: specification/web/resource-manager/Microsoft.Web,
// WebApps_ListHostKeys, WebApps_CreateOrUpdateHostSecret and WebApps_DeleteHostSecret.
var web = &service{
	kind: "Microsoft.Web/sites", oldest: "2018-02-01", newest: "2025-05-01",
	names: []string{masterKey, "default"}, generate: func() string { return textKey() + "==" }, busy: busyConflict,
	actions: []action{
		list("host/default/listkeys", "host/listkeys/action", hostKeys),
		{Regenerate, http.MethodPut, []string{"host", "default", "functionKeys", "*"}, "host/functionkeys/write", (*call).putHostKey},
		{Regenerate, http.MethodDelete, []string{"host", "default", "functionKeys", "*"}, "host/functionkeys/delete", (*call).deleteHostKey},
	},
	regenerated: func(r *resource, name string) answer { return ok(hostKey(r, name)) },
	hosts:       func(id resourceID) []string { return []string{id.name() + ".azurewebsites.net"} },
	properties: func(id resourceID, properties map[string]any) {
		properties["defaultHostName"], properties["state"] = id.name()+".azurewebsites.net", "Running"
	},
	data: serveFunctions,
}

const masterKey = "_master"

func hostKeys(r *resource) any {
	functionKeys := map[string]string{}
	for _, key := range r.currentKeys() {
		if key.Name != masterKey {
			functionKeys[key.Name] = key.Value
		}
	}
	return map[string]any{"masterKey": r.key(masterKey), "functionKeys": functionKeys, "systemKeys": map[string]string{}}
}

func hostKey(r *resource, name string) any {
	return map[string]any{
		"id": r.id.text + "/host/default/functionKeys/" + name, "name": name, "type": r.service.kind + "/host/functionKeys",
		"properties": map[string]string{"name": name, "value": r.key(name)},
	}
}

// putHostKey sets a key to the body's value, or to a new one. 201: there was none of this name.
func (c *call) putHostKey() (answer, error) {
	var body struct {
		Properties *struct{ Name, Value string } `json:"properties"`
	}
	if err := c.read(&body); err != nil {
		return answer{}, err
	}
	r, name, value := c.resource, c.rest[3], c.resource.service.generate()
	if body.Properties == nil {
		return answer{}, badRequest("The body must have the field 'properties'.")
	}
	if body.Properties.Value != "" {
		value = body.Properties.Value
	}
	status := http.StatusOK
	if r.put(Key{Name: name, Value: value, Created: c.server.options.Now()}) {
		status = http.StatusCreated
	}
	return answer{status: status, body: hostKey(r, name)}, nil
}

// put sets a key, and reports whether it is new.
func (r *resource) put(key Key) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.keys, func(k Key) bool { return strings.EqualFold(k.Name, key.Name) })
	if at < 0 {
		r.keys = append(r.keys, key)
		return true
	}
	r.keys[at].Value, r.keys[at].Created = key.Value, key.Created
	return false
}

func (c *call) deleteHostKey() (answer, error) {
	r, name := c.resource, c.rest[3]
	r.mu.Lock()
	defer r.mu.Unlock()
	before := len(r.keys)
	r.keys = slices.DeleteFunc(r.keys, func(key Key) bool { return key.Name != masterKey && strings.EqualFold(key.Name, name) })
	if len(r.keys) == before {
		return answer{}, refuse(http.StatusNotFound, "NotFound", "Cannot find host key %s for site %s.", name, r.id.last())
	}
	return answer{status: http.StatusNoContent}, nil
}

// serveFunctions checks the header x-functions-key, or the query code, of any function of the app.
func serveFunctions(c *dataCall) {
	key := c.r.Header.Get("x-functions-key")
	if key == "" {
		key = c.r.URL.Query().Get("code")
	}
	if !c.first().holds(key) {
		c.w.WriteHeader(http.StatusUnauthorized)
		return
	}
	c.text(http.StatusOK, "This HTTP triggered function executed successfully.")
}
