package openapi

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"rotunda/functions/health"
	rights "rotunda/internal/access"
	"rotunda/internal/apierror"
	"rotunda/internal/wire"
)

// shapes returns a value of each type that has a schema of its own, by the schema's name.
func shapes() map[string]any {
	all := wire.Shapes()
	all["Health"] = health.Answer{}
	all["Error"] = struct {
		Error apierror.Shape `json:"error"`
	}{}
	return all
}

// schemas makes schemas of Go's types.
type schemas struct {
	names    map[reflect.Type]string
	used     map[string]bool // fields of the table that some type has
	problems error
}

// addSchemas adds a schema for each shape.
func (d *document) addSchemas() error {
	all := shapes()
	s := &schemas{names: map[reflect.Type]string{}, used: map[string]bool{}}
	for name, value := range all {
		s.names[reflect.TypeOf(value)] = name
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		d.Components.Schemas[name] = s.object(name, reflect.TypeOf(all[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !s.used[name] {
			s.report("%s is described, and no type has it", name)
		}
	}
	return s.problems
}

func (s *schemas) report(format string, args ...any) {
	s.problems = errors.Join(s.problems, fmt.Errorf(format, args...))
}

// object returns the schema of a struct. In a request, fields that the schema does not have are
// refused; a response may get more with time.
func (s *schemas) object(name string, t reflect.Type) *schema {
	object := &schema{Type: "object", Description: objects[name], Properties: map[string]*schema{}}
	if object.Description == "" {
		s.report("the schema %s is not described", name)
	}
	if _, isRequest := required[name]; isRequest {
		object.AdditionalProperties = false
	}
	s.addFields(object, name, t)
	slices.Sort(object.Required)
	return object
}

func (s *schemas) addFields(object *schema, name string, t reflect.Type) {
	for field := range t.Fields() {
		if field.Anonymous {
			s.addFields(object, name, field.Type)
			continue
		}
		json, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		object.Properties[json] = s.field(name+"."+json, field.Type, options)
		if s.isRequired(name, json, options) {
			object.Required = append(object.Required, json)
		}
	}
}

func (s *schemas) isRequired(name, json, options string) bool {
	if needed, isRequest := required[name]; isRequest {
		return slices.Contains(needed, json)
	}
	return options != "omitempty"
}

// field returns the schema of a field: what its type says, and what the table says.
func (s *schemas) field(name string, t reflect.Type, options string) *schema {
	words, ok := fields[name]
	if !ok {
		s.report("the field %s is not described", name)
	}
	s.used[name] = true
	made := s.of(t)
	if object, _, _ := strings.Cut(name, "."); t.Kind() == reflect.Pointer && options != "omitempty" && required[object] == nil {
		made.Type = []any{made.Type, "null"}
	}
	made.Description = words.text
	if words.refine != nil {
		words.refine(made)
	}
	return made
}

// of returns the schema of a type.
func (s *schemas) of(t reflect.Type) *schema {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if name, ok := s.names[t]; ok {
		return &schema{Ref: "#/components/schemas/" + name}
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return &schema{Type: "string", Format: "date-time"}
	case t == reflect.TypeFor[rights.Action]():
		return &schema{Type: "string", Enum: texts(rights.Actions)}
	}
	switch t.Kind() {
	case reflect.String:
		return &schema{Type: "string"}
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Int, reflect.Int64:
		return &schema{Type: "integer", Format: "int64"}
	case reflect.Int32:
		return &schema{Type: "integer", Format: "int32"}
	case reflect.Slice:
		return &schema{Type: "array", Items: s.of(t.Elem())}
	case reflect.Map:
		return &schema{Type: "object", AdditionalProperties: s.of(t.Elem())}
	}
	s.report("there is no schema for %v: add the type to the shapes of package wire", t)
	return &schema{}
}

// texts returns the texts of words.
func texts[Word ~string](words []Word) (all []string) {
	for _, word := range words {
		all = append(all, string(word))
	}
	return all
}
