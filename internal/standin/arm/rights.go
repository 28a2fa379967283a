package arm

import (
	"path"
	"slices"
	"strings"
)

// Assignment gives a principal the rights to actions at a scope and below, as a role assignment
// with a custom role does.
type Assignment struct {
	ObjectID string   // of the principal; empty means everyone in the tenant
	Scope    string   // such as /subscriptions/<id>/resourceGroups/<name>
	Actions  []string // such as Microsoft.Storage/storageAccounts/listKeys/action, with * for any text
}

func (a Assignment) applies(objectID, scope string) bool {
	return (a.ObjectID == "" || strings.EqualFold(a.ObjectID, objectID)) && within(scope, a.Scope)
}

// within reports whether a scope is the other, or below it.
func within(scope, root string) bool {
	scope, root = strings.ToLower(scope), strings.TrimSuffix(strings.ToLower(root), "/")
	return scope == root || strings.HasPrefix(scope, root+"/")
}

// matches reports whether a pattern of a role covers an action. Case does not count, and * covers
// slashes too.
func matches(pattern, action string) bool {
	flat := func(text string) string { return strings.ReplaceAll(strings.ToLower(text), "/", "\x00") }
	found, err := path.Match(flat(pattern), flat(action))
	return err == nil && found
}

func matchesAny(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, action) })
}

// permission is what one assignment allows: an entry of the permissions operation
// (specification/authorization/resource-manager/Microsoft.Authorization, Permission).
type permission struct {
	Actions        []string `json:"actions"`
	NotActions     []string `json:"notActions"`
	DataActions    []string `json:"dataActions"`
	NotDataActions []string `json:"notDataActions"`
}

// permissions returns what a principal may do at a scope.
func (s *Server) permissions(objectID, scope string, denied []string) []permission {
	assignments := s.options.Assignments
	if assignments == nil {
		assignments = []Assignment{{Scope: "/", Actions: []string{"*"}}}
	}
	found := []permission{} // not nil: JSON shows []
	for _, a := range assignments {
		if a.applies(objectID, scope) {
			found = append(found, permission{a.Actions, append([]string{}, denied...), []string{}, []string{}})
		}
	}
	return found
}

func allowed(permissions []permission, action string) bool {
	return slices.ContainsFunc(permissions, func(p permission) bool {
		return matchesAny(p.Actions, action) && !matchesAny(p.NotActions, action)
	})
}
