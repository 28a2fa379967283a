package bicep

import "fmt"

// Resource is a resource that a deployment makes or, if it is Existing, refers to.
type Resource struct {
	File     string // that declares it
	Type     string // such as Microsoft.Storage/storageAccounts/queueServices/queues
	Version  string
	Name     string // with the names of its parents, separated by slashes
	ID       string
	Existing bool
	Body     map[string]any
	// Scope is the id of the resource that an extension resource belongs to, such as a role
	// assignment.
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
	s.checkExtensions()
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

func (s *scope) failf(line int, format string, args ...any) {
	panic(&problem{s.file.Path, line, fmt.Sprintf(format, args...)})
}
