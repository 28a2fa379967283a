package arm

import (
	"net/http"
	"slices"
	"strings"
)

// action is something that can be done to a resource.
type action struct {
	operation string // of the constants that a Fault may name
	method    string
	path      []string // after the resource's id; * stands for one segment
	right     string   // after the resource's type, such as listKeys/action
	run       func(c *call) (answer, error)
}

// answer is a response without error.
type answer struct {
	status int
	header http.Header
	body   any // nil for none
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func (a answer) write(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	writeJSON(w, a.status, a.body)
}

func post(operation, path, right string, run func(c *call) (answer, error)) action {
	return action{operation, http.MethodPost, strings.Split(path, "/"), right, run}
}

// list is a POST that returns what the keys are.
func list(path, right string, show func(r *resource) any) action {
	return post(List, path, right, func(c *call) (answer, error) { return ok(show(c.resource)), nil })
}

// action returns the one that the call's method and path name.
func (c *call) action() (action, bool) {
	all := slices.Concat(everywhere, c.resource.service.actions)
	at := slices.IndexFunc(all, func(a action) bool {
		return a.method == c.request.Method && slices.EqualFunc(a.path, c.rest, func(pattern, segment string) bool {
			return pattern == "*" && segment != "" || strings.EqualFold(pattern, segment)
		})
	})
	if at < 0 {
		return action{}, false
	}
	return all[at], true
}

// everywhere are the actions of every resource. The caller's permissions need no right:
// specification/authorization/resource-manager/Microsoft.Authorization,
// Permissions_ListForResource.
var everywhere = []action{
	{Get, http.MethodGet, []string{}, "read", func(c *call) (answer, error) { return ok(c.resource.describe()), nil }},
	{Permissions, http.MethodGet, []string{"providers", "Microsoft.Authorization", "permissions"}, "", func(c *call) (answer, error) {
		return ok(map[string]any{"value": c.permissions()}), nil
	}},
}

// describe returns the resource, with those properties that tell whether keys are accepted, and
// where the data plane is.
func (r *resource) describe() map[string]any {
	properties := map[string]any{"provisioningState": "Succeeded"}
	if r.service.localAuth != nil {
		properties[r.service.localAuth.name] = r.service.localAuth.value(r.faults.current().LocalAuthDisabled)
	}
	if r.service.properties != nil {
		r.service.properties(r.id, properties)
	}
	return map[string]any{"id": r.id.text, "name": r.id.last(), "type": r.id.kind, "location": location, "properties": properties}
}

// describeParent returns what the resource is part of, such as the namespace of a rule.
func (r *resource) describeParent(path string) map[string]any {
	properties := map[string]any{"provisioningState": "Succeeded"}
	if r.service.parentAuth != nil {
		properties[r.service.parentAuth.name] = r.service.parentAuth.value(r.faults.current().LocalAuthDisabled)
	}
	r.service.parent(r.id, properties)
	return map[string]any{"id": path, "name": r.id.names[0], "type": r.id.parentKind(), "location": location, "properties": properties}
}

// regenerate replaces a key with a new one: at once, or by an operation.
func (c *call) regenerate(name string) (answer, error) {
	r, faults := c.resource, c.resource.faults.current()
	if r.faults.busy() {
		return answer{}, r.service.busy(r)
	}
	r.mu.Lock()
	if r.running != nil {
		r.mu.Unlock()
		return answer{}, r.service.busy(r)
	}
	value := r.service.generate()
	if r.service.async != nil || faults.Async {
		op := c.server.begin(r, name, value, faults.Polls)
		r.mu.Unlock()
		return op.accepted(c.version), nil
	}
	r.replace(name, value, c.server.options.Now(), faults.NewIDs)
	r.mu.Unlock()
	return r.service.regenerated(r, name), nil
}
