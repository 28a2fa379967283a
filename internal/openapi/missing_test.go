package openapi

import (
	"reflect"
	"strings"
	"testing"

	"rotunda/functions"
	"rotunda/internal/wire"
)

func TestWhatIsNotDescribedIsAnError(t *testing.T) {
	d := &document{Paths: map[string]map[string]*operation{}}
	for name, row := range map[string]struct {
		operation functions.Operation
		want      string
	}{
		"a function":  {functions.Operation{Name: "new", Method: "GET", Route: "new"}, "new is not described"},
		"a parameter": {functions.Operation{Name: "health", Method: "GET", Route: "health", Accepts: wire.Accepts{Query: []string{"deep"}}}, "the parameter deep is not described"},
		"a header":    {functions.Operation{Name: "health", Method: "GET", Route: "health", Accepts: wire.Accepts{Conditions: []string{"If-Range"}}}, "the parameter If-Range is not described"},
		"a body":      {functions.Operation{Name: "health", Method: "GET", Route: "health", Accepts: wire.Accepts{Body: true}}, "it reads a body: true"},
		"a variable":  {functions.Operation{Name: "health", Method: "GET", Route: "health/{depth}"}, "the parameter depth is not described"},
	} {
		if err := d.add(row.operation); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
	if err := leftOver(nil); err == nil || !strings.Contains(err.Error(), "health is described, and there is no such function") {
		t.Errorf("a function that is gone: %v", err)
	}
}

func TestATypeThatIsNotDescribedIsAnError(t *testing.T) {
	s := &schemas{names: map[reflect.Type]string{}, used: map[string]bool{}}
	s.object("New", reflect.TypeFor[struct {
		Name  string  `json:"name"`
		Ratio float32 `json:"ratio"`
	}]())
	for _, want := range []string{"the schema New is not described", "the field New.name is not described", "there is no schema for float32"} {
		if s.problems == nil || !strings.Contains(s.problems.Error(), want) {
			t.Errorf("%v, want %s", s.problems, want)
		}
	}
}

func TestAnOptionalVersionMakesTwoPaths(t *testing.T) {
	var got []string
	for _, p := range routes("secrets/{name}/{version:length(32)?}") {
		got = append(got, p.path+" "+strings.Join(p.parameters, ",")+p.suffix)
	}
	if want := "/secrets/{name} name; /secrets/{name}/{version} name,versionVersion"; strings.Join(got, "; ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}
