package arm

import (
	"net/http"
	"strings"
)

// resolve returns the resource at a path, and the rest of the path: an action of the resource.
func (s *Server) resolve(path string) (*resource, []string, error) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for n := len(parts); n >= 8; n-- {
		if found, ok := s.find("/" + strings.Join(parts[:n], "/")); ok {
			return found, parts[n:], nil
		}
	}
	return nil, nil, s.missing(parts)
}

// child returns a resource that is part of the one that a GET names, and what the GET does.
func (s *Server) child(r *http.Request) (*resource, action, bool) {
	path := strings.TrimSuffix(r.URL.Path, "/")
	for _, each := range s.all() {
		if r.Method != http.MethodGet || each.service.parent == nil {
			continue
		}
		switch outer := strings.Join(strings.SplitN(each.id.text, "/", 10)[:9], "/"); {
		case strings.EqualFold(outer, path):
			return each, readParent, true
		case each.isRelay() && strings.EqualFold(outer+"/hybridConnections", path):
			return each, listConnections, true
		}
	}
	return nil, action{}, false
}

// readParent describes what a resource is part of.
var readParent = action{operation: Get, run: func(c *call) (answer, error) {
	if right := c.resource.id.parentKind() + "/read"; !allowed(c.permissions(), right) {
		return answer{}, authorizationFailed(c.caller.Client(), c.caller.ObjectID, right, c.request.URL.Path)
	}
	return ok(c.resource.describeParent(c.request.URL.Path)), nil
}}

// missing returns the error about a path without a resource: what is missing is named from the
// outside inwards.
func (s *Server) missing(parts []string) error {
	if len(parts) < 8 || !strings.EqualFold(parts[0], "subscriptions") || !strings.EqualFold(parts[2], "resourceGroups") || !strings.EqualFold(parts[4], "providers") {
		return refuse(http.StatusNotFound, "InvalidResourceType", "The resource type could not be found in the namespace for api version.")
	}
	var subscription, group bool
	for _, r := range s.all() {
		inSubscription := strings.EqualFold(r.id.subscription, parts[1])
		subscription = subscription || inSubscription
		group = group || inSubscription && strings.EqualFold(r.id.group, parts[3])
	}
	switch {
	case !subscription:
		return subscriptionNotFound(parts[1])
	case !group:
		return groupNotFound(parts[3])
	}
	return resourceNotFound(parts[5]+"/"+parts[6], parts[7], parts[3])
}
