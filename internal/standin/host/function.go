package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rotunda/internal/hostjson"
)

// Function is one function, as its function.json describes it.
type Function struct {
	Name     string // the folder's name
	Trigger  Binding
	Outputs  []Binding
	Route    string   // of an HTTP trigger, without the prefix; the function's name by default
	Methods  []string // of an HTTP trigger, in upper case; none means all
	Level    AuthLevel
	template routeTemplate
}

var (
	// Source: Utility.cs (function names).
	functionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,127}$`)
	// reservedRoutes are texts that a route must not begin with. Source: Host/ScriptHost.cs.
	reservedRoutes = []string{"admin", "runtime"}
)

// IsHTTP reports whether the function has an HTTP trigger.
func (f Function) IsHTTP() bool { return f.Trigger.is(httpTriggerType) }

func parseFunction(name string, content []byte) (Function, error) {
	if !functionName.MatchString(name) || strings.EqualFold(name, "host") {
		return Function{}, errors.New(`its name must be a letter followed by letters, digits, "_" or "-", be at most 128 characters long, and not be "host"`)
	}
	var file struct {
		Bindings []json.RawMessage `json:"bindings"`
	}
	if err := parseStrict(hostjson.Standard(content), &file); err != nil {
		return Function{}, fmt.Errorf("function.json: %w", err)
	}
	function := Function{Name: name}
	if err := function.addBindings(file.Bindings); err != nil {
		return Function{}, err
	}
	return function, function.readHTTP()
}

func (f *Function) addBindings(raw []json.RawMessage) error {
	if len(raw) == 0 {
		return errors.New("it has no bindings: it needs at least a trigger")
	}
	for _, text := range raw {
		binding, err := parseBinding(text)
		if err != nil {
			return err
		}
		if err := f.add(binding); err != nil {
			return err
		}
	}
	if f.Trigger.Type == "" {
		return errors.New("none of its bindings is a trigger: one type must end in Trigger, such as httpTrigger")
	}
	return f.checkOutputs()
}

func (f *Function) add(binding Binding) error {
	switch {
	case strings.EqualFold(f.Trigger.Name, binding.Name),
		slices.ContainsFunc(f.Outputs, func(b Binding) bool { return strings.EqualFold(b.Name, binding.Name) }):
		return fmt.Errorf("two bindings are named %q: names must differ in more than case", binding.Name)
	case binding.isTrigger() && f.Trigger.Type != "":
		return fmt.Errorf("%q and %q are both triggers: a function has one", f.Trigger.Name, binding.Name)
	case binding.isTrigger():
		f.Trigger = binding
	default:
		f.Outputs = append(f.Outputs, binding)
	}
	return nil
}

// checkOutputs accepts HTTP functions whose requests can be passed on unchanged, and queue
// outputs of all other functions. The real host posts an HTTP function with more bindings as an
// invocation.
// Source: Extensions/FunctionMetadataExtensions.cs.
func (f *Function) checkOutputs() error {
	hasHTTP := slices.ContainsFunc(f.Outputs, func(b Binding) bool { return b.is(httpType) })
	switch {
	case f.IsHTTP() && (!hasHTTP || len(f.Outputs) != 1):
		return unsupported("an HTTP trigger with one http output and nothing else", "this set of bindings")
	case !f.IsHTTP() && hasHTTP:
		return unsupported("queue outputs", "an http output of a function without an HTTP trigger")
	}
	return nil
}

// readHTTP reads what only an HTTP trigger has: level, methods, route.
func (f *Function) readHTTP() (err error) {
	if !f.IsHTTP() {
		return nil
	}
	if f.Level, err = parseLevel(f.Trigger.AuthLevel); err != nil {
		return err
	}
	for _, method := range f.Trigger.Methods {
		f.Methods = append(f.Methods, strings.ToUpper(method))
	}
	f.Route = strings.Trim(f.Trigger.Route, "/")
	for _, reserved := range reservedRoutes {
		if len(f.Route) >= len(reserved) && strings.EqualFold(f.Route[:len(reserved)], reserved) {
			return fmt.Errorf("its route %q begins with %q, which is reserved for the host", f.Route, reserved)
		}
	}
	if f.Route == "" {
		f.Route = f.Name
	}
	f.template, err = parseTemplate(f.Route)
	return err
}

// clashesWithAny returns an error if an earlier function has the same name, or the same route and
// a common method. Source: Host/ScriptHost.cs.
func (f Function) clashesWithAny(earlier []Function) error {
	for _, other := range earlier {
		if strings.EqualFold(f.Name, other.Name) {
			return fmt.Errorf("function %q has the same name except for its case", other.Name)
		}
		if f.IsHTTP() && other.IsHTTP() && strings.EqualFold(f.Route, other.Route) && sharesMethod(f.Methods, other.Methods) {
			return fmt.Errorf("function %q has the same route %q and a common method", other.Name, other.Route)
		}
	}
	return nil
}

func sharesMethod(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(method string) bool { return slices.Contains(b, method) })
}

func (f Function) acceptsMethod(method string) bool {
	return len(f.Methods) == 0 || slices.Contains(f.Methods, strings.ToUpper(method))
}
