package bicep

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Resource is a resource that a deployment makes or, if it is Existing, refers to.
type Resource struct {
	File     string // that declares it
	Type     string // such as Microsoft.Storage/storageAccounts/queueServices/queues
	Version  string
	Name     string // with the names of its parents, separated by slashes
	ID       string
	Existing bool
	Body     map[string]any
	// Scope is the id of the resource that an extension resource, such as a role assignment, belongs to.
	Scope string

	nested  map[string]any
	outputs map[string]any // of a module
	parent  *Resource
}

// Deployment is what a file would deploy. Values that only Azure knows, such as a principal id,
// are text of the form «id.properties.principalId».
type Deployment struct {
	Resources []*Resource
	Outputs   map[string]any
}

// Deploy evaluates the file at path, and the modules that it refers to.
func Deploy(path string, params map[string]any) (result Deployment, err error) {
	defer catch(&err)
	f, err := Read(path)
	if err != nil {
		return Deployment{}, err
	}
	d := &deployment{}
	outputs := d.run(f, params, "group")
	return Deployment{d.resources, outputs}, nil
}

type deployment struct{ resources []*Resource }

// run evaluates a file, and returns its outputs.
func (d *deployment) run(f *File, params map[string]any, group string) map[string]any {
	s := &scope{deployment: d, file: f, group: group, names: map[string]*lazy{}}
	s.params(params)
	for _, v := range f.vars {
		s.declare(v.name, func() any { return s.eval(v.value) })
	}
	for _, r := range f.resources {
		s.declare(r.name, func() any { return s.resource(r, nil) })
	}
	for _, v := range f.vars {
		s.get(v.name, 0)
	}
	for _, r := range f.resources {
		s.get(r.name, r.line)
	}
	outputs := map[string]any{}
	for _, name := range f.Outputs {
		outputs[name] = s.eval(f.outputs[name])
	}
	return outputs
}

// params declares the parameters, and checks what is given for them.
func (s *scope) params(given map[string]any) {
	for name := range given {
		if !slices.ContainsFunc(s.file.Params, func(p *Param) bool { return p.Name == name }) {
			s.failf(0, "there is no parameter %s", name)
		}
	}
	for _, p := range s.file.Params {
		value, isGiven := given[p.Name]
		switch {
		case isGiven:
			s.check(p, value)
		case !p.HasDefault:
			s.failf(0, "the parameter %s has no value", p.Name)
		}
		s.declare(p.Name, func() any {
			if isGiven {
				return value
			}
			return s.eval(p.normal)
		})
	}
}

func (s *scope) check(p *Param, value any) {
	if _, isUnknown := value.(unknown); isUnknown {
		return
	}
	var ok bool
	switch p.Type {
	case "string":
		_, ok = value.(string)
	case "int":
		_, ok = value.(int)
	case "bool":
		_, ok = value.(bool)
	case "object":
		_, ok = value.(map[string]any)
	case "array":
		_, ok = value.([]any)
	}
	if !ok {
		s.failf(0, "the parameter %s is %v, which is not of the type %s", p.Name, value, p.Type)
	}
	if p.Allowed != nil && !slices.Contains(p.Allowed, value) {
		s.failf(0, "the parameter %s is %v, but must be one of %v", p.Name, value, p.Allowed)
	}
}

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
	name := s.property(r, "name")
	if own, ok := s.property(r, "parent").(*Resource); ok {
		made.parent, kind = own, kind[strings.LastIndex(kind, "/")+1:]
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

func (s *scope) failf(line int, format string, args ...any) {
	panic(&problem{s.file.Path, line, fmt.Sprintf(format, args...)})
}
