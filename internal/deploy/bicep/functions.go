package bicep

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// Tenant is the tenant of every deployment.
const Tenant = "d3fd3b86-aa68-4766-a92b-de434b41a23d"

// functions are those that infra/ calls (MicrosoftDocs/azure-docs, bicep-functions).
var functions = map[string]struct {
	least, most int
	call        func(s *scope, arguments []any) any
}{
	"empty":                  {1, 1, func(_ *scope, a []any) any { return isEmpty(a[0]) }},
	"toLower":                {1, 1, func(_ *scope, a []any) any { return strings.ToLower(fmt.Sprint(a[0])) }},
	"uniqueString":           {1, 9, func(*scope, []any) any { return "abcdefghijklm" }},
	"guid":                   {1, 9, func(_ *scope, a []any) any { return "guid(" + list(a) + ")" }},
	"union":                  {2, 9, union},
	"concat":                 {2, 9, concat},
	"split":                  {2, 2, split},
	"loadJsonContent":        {1, 1, load},
	"subscriptionResourceId": {2, 2, func(_ *scope, a []any) any { return "/subscription/" + fmt.Sprint(a[0]) + "/" + fmt.Sprint(a[1]) }},
	"resourceId":             {2, 3, resourceID},
	"subscription":           {0, 0, func(*scope, []any) any { return map[string]any{"id": "/subscription", "tenantId": Tenant} }},
	"tenant":                 {0, 0, func(*scope, []any) any { return map[string]any{"tenantId": Tenant} }},
	"resourceGroup":          {0, 1, resourceGroup},
	"environment":            {0, 0, func(*scope, []any) any { return map[string]any{"suffixes": suffixes} }},
}

var suffixes = map[string]any{"storage": "core.windows.net", "keyvaultDns": ".vault.azure.net"}

func (s *scope) call(c call) any {
	f, ok := functions[c.function]
	if !ok {
		s.failf(c.line, "the function %s is not among those that this reader knows", c.function)
	}
	arguments := make([]any, len(c.arguments))
	for i, a := range c.arguments {
		arguments[i] = s.eval(a)
	}
	if n := len(arguments); n < f.least || n > f.most {
		s.failf(c.line, "%s is called with %d arguments", c.function, n)
	}
	return f.call(s, arguments)
}

func isEmpty(value any) bool {
	switch value := value.(type) {
	case string:
		return value == ""
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return value == nil
}

func list(values []any) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprint(v)
	}
	return strings.Join(all, ", ")
}

func union(s *scope, objects []any) any {
	made := map[string]any{}
	for _, o := range objects {
		entries, ok := o.(map[string]any)
		if !ok {
			s.failf(0, "union of something that is not an object")
		}
		maps.Copy(made, entries)
	}
	return made
}

func concat(s *scope, lists []any) any {
	var made []any
	for _, l := range lists {
		items, ok := l.([]any)
		if !ok {
			s.failf(0, "concat of something that is not a list")
		}
		made = append(made, items...)
	}
	return made
}

func split(_ *scope, a []any) any {
	var made []any
	for part := range strings.SplitSeq(fmt.Sprint(a[0]), fmt.Sprint(a[1])) {
		made = append(made, part)
	}
	return made
}

func load(s *scope, a []any) any {
	content, err := os.ReadFile(filepath.Join(filepath.Dir(s.file.Path), fmt.Sprint(a[0])))
	if err != nil {
		s.failf(0, "%v", err)
	}
	var value any
	if err := json.Unmarshal(content, &value); err != nil {
		s.failf(0, "%v: %v", a[0], err)
	}
	return value
}

// resourceGroup returns the group of the deployment, or another one to deploy to.
func resourceGroup(s *scope, a []any) any {
	if len(a) == 0 {
		return map[string]any{"id": "/" + s.group, "name": s.group}
	}
	return &Resource{Name: fmt.Sprint(a[0]), ID: "/" + fmt.Sprint(a[0])}
}

// resourceID accepts a type and a name, with or without a group before them.
func resourceID(s *scope, a []any) any {
	group := s.group
	if len(a) == 3 {
		group, a = fmt.Sprint(a[0]), a[1:]
	}
	return "/" + group + "/" + fmt.Sprint(a[0]) + "/" + fmt.Sprint(a[1])
}
