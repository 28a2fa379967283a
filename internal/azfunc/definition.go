// Package azfunc implements the custom-handler protocol of the Azure Functions host. It turns
// function.json into routes, writes one log line per request, reads invocations and writes
// results. Facts about the host are from Azure/azure-functions-host, from the files named beside
// them.
package azfunc

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"rotunda/internal/hostjson"
)

// Definition is the part of a function.json that the app uses.
type Definition struct {
	Name     string // of the folder and the function
	Bindings []Binding
}

// Binding is one entry of a function.json.
type Binding struct {
	Type      string   `json:"type"`
	Direction string   `json:"direction"`
	Name      string   `json:"name"`
	AuthLevel string   `json:"authLevel"`
	Methods   []string `json:"methods"`
	Route     string   `json:"route"`
}

// LoadDefinitions reads every <folder>/function.json, and sorts them by name as the host does
// (WebJobs.Script/Host/FunctionMetadataManager.cs).
func LoadDefinitions(files fs.FS) ([]Definition, error) {
	paths, err := fs.Glob(files, "*/function.json")
	if err != nil {
		return nil, err
	}
	definitions := make([]Definition, 0, len(paths))
	for _, file := range paths {
		definition, err := loadDefinition(files, file)
		if err != nil {
			return nil, err
		}
		definitions = append(definitions, definition)
	}
	slices.SortFunc(definitions, func(a, b Definition) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return definitions, nil
}

func loadDefinition(files fs.FS, file string) (Definition, error) {
	text, err := fs.ReadFile(files, file)
	if err != nil {
		return Definition{}, err
	}
	var body struct {
		Bindings []Binding `json:"bindings"`
	}
	if err := json.Unmarshal(hostjson.Standard(text), &body); err != nil {
		return Definition{}, fmt.Errorf("%s: %w", file, err)
	}
	definition := Definition{Name: path.Dir(file), Bindings: body.Bindings}
	if definition.trigger() == nil {
		return Definition{}, fmt.Errorf("%s: no binding has a type that ends in Trigger", file)
	}
	return definition, nil
}

func (d Definition) trigger() *Binding {
	for i, binding := range d.Bindings {
		if strings.HasSuffix(binding.Type, "Trigger") {
			return &d.Bindings[i]
		}
	}
	return nil
}

// path returns the template of the path at which the function is served.
func (d Definition) path(prefix string) string {
	if trigger := d.HTTP(); trigger != nil {
		return "/" + prefix + "/" + trigger.Route
	}
	return "/" + d.Name
}

// HTTP returns the httpTrigger, or nil if the function has another kind of trigger.
func (d Definition) HTTP() *Binding {
	if trigger := d.trigger(); trigger.Type == "httpTrigger" {
		return trigger
	}
	return nil
}
