package bicep

import (
	"path/filepath"
	"strings"
)

// resource evaluates a declaration: to a resource, to nil if its condition is false, or to a list.
func (s *scope) resource(r *resource, parent *Resource) any {
	if r.loop == nil {
		return s.one(r, parent)
	}
	var all []any
	for _, inner := range s.iterations(r.loop, r.line) {
		all = append(all, inner.one(r, parent))
	}
	return all
}

func (s *scope) one(r *resource, parent *Resource) any {
	if r.condition != nil {
		if holds, _ := s.eval(r.condition).(bool); !holds {
			return s.absent(r, parent)
		}
	}
	if r.path != "" {
		return s.module(r)
	}
	made := s.head(r, parent)
	made.Body, _ = s.eval(r.body).(map[string]any)
	if place, ok := made.Body["scope"].(*Resource); ok {
		made.Scope = place.ID
	}
	s.deployment.resources = append(s.deployment.resources, made)
	s.nested(r, made)
	return made
}

// absent returns a resource that is not deployed. Other declarations may still name it, such as
// for its id.
func (s *scope) absent(r *resource, parent *Resource) any {
	if r.path != "" {
		return &Resource{File: s.file.Path, ID: "absent"}
	}
	made := s.head(r, parent)
	made.Body = map[string]any{}
	made.nested = map[string]any{}
	return made
}

// head evaluates type, version, name and id.
func (s *scope) head(r *resource, parent *Resource) *Resource {
	kind, version, _ := strings.Cut(r.kind, "@")
	made := &Resource{File: s.file.Path, Existing: r.isExisting, parent: parent}
	name := s.property(r, nameOf(s, r, kind))
	if own, ok := s.property(r, "parent").(*Resource); ok {
		made.parent, kind = own, kind[strings.LastIndex(kind, "/")+1:]
	}
	if u, ok := name.(unknown); ok {
		name = u.String()
	}
	text, ok := name.(string)
	if !ok || text == "" {
		s.failf(r.line, "the name of %s is %v", r.name, name)
	}
	if p := made.parent; p != nil {
		made.Type, made.Version, made.Name = p.Type+"/"+kind, p.Version, p.Name+"/"+text
	} else {
		made.Type, made.Name = kind, text
	}
	if version != "" {
		made.Version = version
	}
	made.ID = "/" + s.group + "/" + made.Type + "/" + made.Name
	return made
}

// nameOf returns the property that names a resource. Azure's are named by their name, and those of
// an extension by a property that identifies them (microsoftgraph/msgraph-bicep-types,
// generated/microsoftgraph/microsoft.graph/v1.0/1.0.0/types.md).
func nameOf(s *scope, r *resource, kind string) string {
	if !strings.HasPrefix(kind, graph) {
		return "name"
	}
	if len(s.file.Extensions) == 0 {
		s.failf(r.line, "%s needs a statement such as: extension microsoftGraphV1", kind)
	}
	identifier, ok := graphIdentifiers[kind]
	if !ok {
		s.failf(r.line, "%s is not among the types that this reader knows", kind)
	}
	return identifier
}

const graph = "Microsoft.Graph/"

var graphIdentifiers = map[string]string{graph + "applications": "uniqueName", graph + "servicePrincipals": "appId"}

func (s *scope) property(r *resource, name string) any {
	for i, key := range r.body.keys {
		if l, ok := key.(literal); ok && l.value == name {
			return s.eval(r.body.values[i])
		}
	}
	return nil
}

// nested evaluates the resources in the body of another. They see its siblings by name.
func (s *scope) nested(r *resource, made *Resource) {
	made.nested = map[string]any{}
	inner := s.inner()
	for _, n := range r.nested {
		inner.declare(n.name, func() any { return inner.resource(n, made) })
	}
	for _, n := range r.nested {
		made.nested[n.name] = inner.get(n.name, n.line)
	}
}

func (s *scope) module(r *resource) any {
	path := filepath.ToSlash(filepath.Join(filepath.Dir(s.file.Path), r.path))
	f, err := Read(path)
	if err != nil {
		s.failf(r.line, "%v", err)
	}
	params, _ := s.property(r, "params").(map[string]any)
	group := s.group
	if place, ok := s.property(r, "scope").(*Resource); ok {
		group = place.Name
	}
	s.property(r, "dependsOn") // only to find names that are not declared
	return &Resource{File: s.file.Path, ID: "module " + path, outputs: s.deployment.run(f, params, group)}
}
