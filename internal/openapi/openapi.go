// Package openapi writes the description of the API, docs/openapi.json, in OpenAPI 3.1
// (OAI/OpenAPI-Specification, versions/3.1.1.md). Routes and methods come from function.json,
// parameters and rights from the tables of package functions, bodies from the types of package
// wire, and errors from the table of package apierror. Words for people come from the tables here.
// What a table here lacks is an error.
//
// A new function needs an entry in operations, and nothing else if its bodies consist of known
// types. Then run: go test ./internal/openapi -update
//
// Neither the handler nor any other program imports this package.
package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rotunda/functions"
)

// Document returns the description. Its error holds everything that is not described.
func Document() ([]byte, error) {
	all, err := functions.Operations()
	if err != nil {
		return nil, err
	}
	d := &document{
		OpenAPI: "3.1.1", Info: info, Servers: servers, Tags: tags,
		Security: []map[string][]string{{"functionKey": {}}, {"functionKeyInQuery": {}}, {"token": {}}},
		Paths:    map[string]map[string]*operation{},
		Components: components{
			Schemas: map[string]*schema{}, Parameters: parameterComponents(), Headers: headers, SecuritySchemes: securitySchemes,
		},
	}
	problems := d.addSchemas()
	problems = errors.Join(problems, d.addErrors(), leftOver(all))
	for _, o := range all {
		problems = errors.Join(problems, d.add(o))
	}
	if problems != nil {
		return nil, problems
	}
	return d.encode()
}

// leftOver returns an error if an operation is described that does not exist.
func leftOver(all []functions.Operation) (err error) {
	exists := map[string]bool{}
	for _, o := range all {
		exists[o.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		if !exists[name] {
			err = errors.Join(err, fmt.Errorf("%s is described, and there is no such function", name))
		}
	}
	return err
}

// add adds an operation at its path, or at two paths if its last parameter is optional.
func (d *document) add(o functions.Operation) error {
	described, ok := operations[o.Name]
	if !ok {
		return fmt.Errorf("%s is not described: add it to the operations of internal/openapi", o.Name)
	}
	for _, route := range routes(o.Route) {
		made, err := describe(o, described, route)
		if err != nil {
			return fmt.Errorf("%s: %w", o.Name, err)
		}
		if d.Paths[route.path] == nil {
			d.Paths[route.path] = map[string]*operation{}
		}
		d.Paths[route.path][strings.ToLower(o.Method)] = made
	}
	return nil
}

func (d *document) encode() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(d)
	return text.Bytes(), err
}
