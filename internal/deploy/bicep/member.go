package bicep

import (
	"slices"
	"strings"
)

func (s *scope) member(of any, name string, line int) any {
	switch of := of.(type) {
	case *Resource:
		return s.ofResource(of, name, line)
	case map[string]any:
		if value, ok := of[name]; ok {
			return value
		}
		s.failf(line, "there is no property %s", name)
	case unknown:
		return of + unknown("."+name)
	}
	s.failf(line, "%v has no property %s", of, name)
	return nil
}

// unknown names a value that only Azure knows.
type unknown string

// String returns the name in marks.
func (u unknown) String() string { return "«" + string(u) + "»" }

func (s *scope) ofResource(r *Resource, name string, line int) any {
	if r.outputs != nil || r.ID == "absent" {
		if name != "outputs" {
			s.failf(line, "a module has no property %s", name)
		}
		return r.outputs
	}
	switch name {
	case "id":
		return r.ID
	case "name":
		return r.Name[strings.LastIndex(r.Name, "/")+1:]
	}
	if n, ok := r.nested[name]; ok {
		return n
	}
	// What Azure adds is in properties. Resources of Microsoft Graph have all at the top.
	if !strings.HasPrefix(r.Type, graph) && !slices.Contains([]string{"properties", "identity", "location", "tags"}, name) {
		s.failf(line, "%s has neither a property nor a nested resource %s", r.Name, name)
	}
	return unknown(r.ID + "." + name)
}
