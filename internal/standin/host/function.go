package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Function is one function: what its function.json says.
type Function struct {
	Name     string // the folder's name
	Trigger  Binding
	Inputs   []Binding // every binding with direction in, the trigger included
	Outputs  []Binding
	Route    string   // of an HTTP trigger, without the prefix; the function's name where none is given
	Methods  []string // of an HTTP trigger, in upper case; none means all
	Level    AuthLevel
	template routeTemplate
}

var (
	// Source: Utility.cs (function names).
	functionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,127}$`)
	// reservedRoutes may not begin a route's text; it is a plain test of the first letters. Source: Host/ScriptHost.cs.
	reservedRoutes = []string{"admin", "runtime"}
)

// IsHTTP tells whether an HTTP request triggers the function.
func (f Function) IsHTTP() bool { return f.Trigger.is(httpTriggerType) }

// passesHTTP tells whether the function is nothing but HTTP in and HTTP out, so that requests may be handed on as they are.
// Source: Extensions/FunctionMetadataExtensions.cs.
func (f Function) passesHTTP() bool {
	return f.IsHTTP() && len(f.Inputs) == 1 && len(f.Outputs) == 1 && f.Outputs[0].is(httpType)
}

type functionFile struct {
	Bindings   []json.RawMessage
	ScriptFile string
}

func parseFunction(name, dir string, content []byte) (Function, error) {
	if !functionName.MatchString(name) || strings.EqualFold(name, "host") {
		return Function{}, errors.New(`its name must begin with a letter, go on with letters, digits, "_" or "-", have at most 128 of them, and not be "host"`)
	}
	var file functionFile
	if err := json.Unmarshal(content, &file); err != nil {
		return Function{}, fmt.Errorf("function.json: %w", describeJSON(content, err))
	}
	if err := checkScript(dir, file.ScriptFile); err != nil {
		return Function{}, err
	}
	function := Function{Name: name}
	if err := function.addBindings(file.Bindings); err != nil {
		return Function{}, err
	}
	if err := function.readHTTP(); err != nil {
		return Function{}, err
	}
	return function, function.resolve(literal)
}

func checkScript(dir, script string) error {
	if script == "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, script)); err != nil {
		return fmt.Errorf("scriptFile %q is not there: a custom handler needs none, so leave the line out", script)
	}
	return nil
}

func (f *Function) addBindings(raw []json.RawMessage) error {
	if len(raw) == 0 {
		return errors.New("it has no bindings: at least its trigger is needed")
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
	return nil
}

func (f *Function) add(binding Binding) error {
	if slices.ContainsFunc(slices.Concat(f.Inputs, f.Outputs), func(b Binding) bool { return strings.EqualFold(b.Name, binding.Name) }) {
		return fmt.Errorf("two bindings are named %q: names differ in more than case", binding.Name)
	}
	if binding.isTrigger() && f.Trigger.Type != "" {
		return fmt.Errorf("%q and %q are both triggers: a function has one", f.Trigger.Name, binding.Name)
	}
	if binding.isTrigger() {
		f.Trigger = binding
	}
	if binding.Direction == "out" {
		f.Outputs = append(f.Outputs, binding)
		return nil
	}
	f.Inputs = append(f.Inputs, binding)
	return nil
}

// readHTTP reads what only an HTTP trigger has: level, methods, route.
func (f *Function) readHTTP() (err error) {
	if !f.IsHTTP() {
		return nil
	}
	trigger := f.Trigger.http
	if f.Level, err = parseLevel(trigger.AuthLevel); err != nil {
		return err
	}
	for _, method := range trigger.Methods {
		f.Methods = append(f.Methods, strings.ToUpper(method))
	}
	f.Route = strings.Trim(trigger.Route, "/")
	for _, reserved := range reservedRoutes {
		if len(f.Route) >= len(reserved) && strings.EqualFold(f.Route[:len(reserved)], reserved) {
			return fmt.Errorf("its route %q begins with %q, which the host keeps for itself", f.Route, reserved)
		}
	}
	if f.Route == "" {
		f.Route = f.Name
	}
	f.template, err = parseTemplate(f.Route)
	return err
}

// clashesWithAny refuses a name, or a route with a method, that an earlier function has. Source: Host/ScriptHost.cs.
func (f Function) clashesWithAny(earlier []Function) error {
	for _, other := range earlier {
		if strings.EqualFold(f.Name, other.Name) {
			return fmt.Errorf("function %q has the same name but for its case", other.Name)
		}
		if f.IsHTTP() && other.IsHTTP() && strings.EqualFold(f.Route, other.Route) && sharesMethod(f.Methods, other.Methods) {
			return fmt.Errorf("function %q has the same route %q with a method in common", other.Name, other.Route)
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
